"""Tell answers that name numbers or names which their prompts do not have"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np

from shared.datasets.checks.findings import Findings
from shared.datasets.quality.groups import lines, share
from shared.datasets.quality.rows import SAMPLED, UNGROUNDED, Rows
from shared.datasets.quality.talk import Talk

#: All of the first lines are looked at, and one of each so many that follow: it is a note on the file.
_ALL_UNTIL, _EVERY = 1_000, 32
_READ = 800
_UPPER, _DIGITS, _AFTER = frozenset(ascii_uppercase), frozenset(digits + "$€£"), frozenset(ascii_lowercase + ",")
_MARKS = "$€£%.,;:!?()[]\"'*`"
#: Numbers of three digits and more, since smaller ones number lists and count what the prompt shows; names likewise.
_LEAST_DIGITS, _LEAST_LETTERS = 3, 4
#: Where so large a share of the answers takes every name and number from its prompt, answering from it is the task.
HABIT = 0.8
_FEWEST = 20


@dataclass(frozen=True, slots=True)
class Grounding:
    """How many of the answers looked at name what their prompts lack."""

    looked_at: int
    ungrounded: int


def grounding_of(talk: Talk, line: int) -> int:
    """Return the flags of an answer: whether it was looked at, and whether it names what its prompt lacks."""
    if line > _ALL_UNTIL and line % _EVERY:
        return 0
    facts = set(_facts_in(talk.answer[:_READ]))
    if not facts:
        return SAMPLED
    before = "\n".join(talk.texts[: talk.last]).lower().replace(",", "")
    lacking = any(fact not in before for fact in facts)
    return SAMPLED | (UNGROUNDED if lacking else 0)


def _facts_in(answer: str) -> Iterator[str]:
    """Yield the numbers of an answer, and the words with a capital within its sentences, in lower case."""
    for before, word in pairwise(("", *answer.split())):
        if word[0] in _DIGITS:
            number = word.strip(_MARKS).replace(",", "").removesuffix(".00")
            if number.replace(".", "", 1).isdecimal() and sum(map(str.isdecimal, number)) >= _LEAST_DIGITS:
                yield number
        elif word[0] in _UPPER and before[-1:] in _AFTER and not word.endswith(":"):
            name = word.rstrip(_MARKS)
            if len(name) >= _LEAST_LETTERS and name.isalpha() and name[1:].islower():
                yield name.lower()


def find_ungrounded(rows: Rows, findings: Findings) -> Grounding:
    """Add a note on the answers that name what their prompts lack, in a file whose answers are taken from prompts."""
    flags = rows["flags"]
    looked_at = int(((flags & SAMPLED) > 0).sum())
    places = np.flatnonzero(flags & UNGROUNDED)
    if looked_at >= _FEWEST and 0 < len(places) <= (1 - HABIT) * looked_at:
        where = lines(rows["line"][places])
        said = f"{len(places):,} of {looked_at:,} answers looked at name numbers or names that their prompts lack,"
        cure = f"in {where}; {share(1 - len(places) / looked_at)} do not. Put into the prompt what the answer needs, or"
        findings.add("answer_ungrounded", f"{said} {cure} the model learns to invent it.")
    return Grounding(looked_at, len(places))
