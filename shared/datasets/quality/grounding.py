"""Tell answers that name numbers or names which their prompts do not have"""

import re
from dataclasses import dataclass

import numpy as np

from shared.datasets.checks.findings import Findings
from shared.datasets.quality.groups import lines, share
from shared.datasets.quality.rows import SAMPLED, UNGROUNDED, Rows
from shared.datasets.quality.talk import Talk

#: All of the first lines are looked at, and one of each so many that follow: it is a note on the file.
_ALL_UNTIL, _EVERY = 1_000, 32
_READ = 2_000
#: Numbers of three digits and more; smaller ones number lists and count what the prompt shows.
_FACT = re.compile(r"(?<![\w.,])\d[\d,.]*\d\d(?![\w,]|\.\d)|(?<=[a-z,] )[A-Z][a-z]{3,}\b(?!:)")
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
    facts = {fact.replace(",", "").removesuffix(".00").lower() for fact in _FACT.findall(talk.answer[:_READ])}
    if not facts:
        return SAMPLED
    before = "\n".join(talk.texts[: talk.last]).lower().replace(",", "")
    lacking = any(fact not in before for fact in facts)
    return SAMPLED | (UNGROUNDED if lacking else 0)


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
