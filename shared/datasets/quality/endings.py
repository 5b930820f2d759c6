"""Find answers that run in circles, and answers that end in the middle of a sentence where others do not"""

import re
from dataclasses import dataclass

import numpy as np

from shared.datasets.checks.findings import Findings
from shared.datasets.checks.wording import shown
from shared.datasets.quality.groups import share
from shared.datasets.quality.rows import ENDS, UNFINISHED, Rows
from shared.datasets.quality.talk import LEARNED
from shared.datasets.quality.texts import Texts

#: A unit that follows on itself so often is a circle; a chorus comes back, but not at once.
TURNS = 4
_PROBE = 24  #: Characters whose return is looked for.
_SHORTEST = 120
#: Two words, or as much of Chinese: what is not said but drawn or computed turns too (rules of tables, zeros).
_SAID = re.compile(r"[^\W\d_]+ [^\W\d_]+|[\u3040-\ud7af]{4}")

#: Answers shorter than this are labels and fragments, which end as they like.
_SENTENCE = 80
#: Files whose answers end like sentences: with so many of them, one that does not was cut.
HABIT = 0.95
_FEWEST = 20
#: Lines of lists, tables and code: marked, indented, or with a comment behind them.
_LAST_LINE = re.compile(r"\s*(?:[-*•#|>+]|\d+[.)]|```|\S+:\s)|\t| {2}|.*\s(?:#|//)\s")
_STOPS = frozenset(".!?…\"'”’)]}`>*:|。!?")
#: A small word, or a comma; a name, a tag or an address may stand at an end.
_BREAKS_OFF = re.compile(r"(?:(?<=\s)[a-z]+|[a-z],|[a-z]-)$")


@dataclass(frozen=True, slots=True)
class Endings:
    """How the longer answers of a file end."""

    judged: int  #: Answers of prose that are long enough to tell.
    unfinished: int


def check_circles(texts: Texts, findings: Findings) -> None:
    """Add a finding for each learned answer that says one thing over and over."""
    for line, talk in zip(texts.lines, texts.talks, strict=True):
        for index, answer in talk.said_by(LEARNED):
            if len(answer) >= _SHORTEST and (circle := circle_in(answer)):
                unit, turns = circle
                said = f"the answer repeats {shown(unit.strip())} {turns:,} times over. Cut it after the first:"
                why = "a model that has learned to circle does not stop."
                findings.add("answer_repeats", f"{said} {why}", line=line, path=talk.path(index))


def circle_in(text: str) -> tuple[str, int] | None:
    """Return a unit of words that follows on itself at the end or in the middle of a text, and how often."""
    for end in (len(text), len(text) // 2):
        probe = text[end - _PROBE : end]
        # What turns so often stands in every part of so large a share.
        before = text.rfind(probe, end - _PROBE - len(text) // TURNS, end - 1)
        if before < 0:
            continue
        period = end - _PROBE - before
        unit = text[end - period : end]
        turns = 1
        while text.endswith(unit, 0, end - turns * period):
            turns += 1
        if turns >= TURNS and turns * period >= _SHORTEST // 2 and _SAID.search(unit):
            return unit, turns
    return None


def ending_of(answer: str) -> int:
    """Return the flags of an answer's ending: whether it is prose long enough to tell, and whether it breaks off."""
    text = answer.rstrip()
    if len(text) < _SENTENCE:
        return 0
    if text[-1] in _STOPS:
        return ENDS
    last = text[text.rfind("\n") + 1 :]
    if len(last) < _SENTENCE // 2 or _LAST_LINE.match(last):
        return 0
    return ENDS | (UNFINISHED if _BREAKS_OFF.search(last[-40:]) else 0)


def find_cut_answers(rows: Rows, findings: Findings) -> Endings:
    """Add a finding for each answer that breaks off, in a file whose answers end like sentences."""
    flags, line = rows["flags"], rows["line"]
    judged = int(((flags & ENDS) > 0).sum())
    cut = np.flatnonzero(flags & UNFINISHED)
    if judged >= _FEWEST and 0 < len(cut) <= (1 - HABIT) * judged:
        for place in cut:
            said = (
                f"the answer ends in the middle of a sentence; {share(1 - len(cut) / judged)} of those as long do not."
            )
            cure = "Complete it: a model that learns from it stops early too."
            findings.add("answer_cut_off", f"{said} {cure}", line=int(line[place]))
    return Endings(judged, len(cut))
