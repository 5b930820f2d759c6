"""Find prompts that are answered in different ways, and how far the answers agree"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.datasets.checks.findings import Findings
from shared.datasets.quality.groups import counted, equal, lines, runs, share
from shared.datasets.quality.rows import Rows
from shared.datasets.quality.shapes import ARRAY, CALL, OBJECT

#: Prose up to this many characters is a value: a label, a number, a name, a date; and so are JSON and calls. Two values
#: that differ cannot both be right. Longer prose may say the same in other words.
VALUE_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the answers to the same prompt agree."""

    contradictions: int  #: Prompts with values for answers that differ.
    examples: int  #: Examples with such a prompt.
    #: The largest share of all examples that a model can answer as the file does, when it answers a prompt one way:
    #: each contradictory prompt counts with its most frequent answer, all the others in full.
    score: float
    wordings: int  #: Prompts answered by different prose, which may agree or not.


def find_contradictions(rows: Rows, findings: Findings) -> Agreement:
    """Add a finding for each prompt whose answers contradict each other, and one for all that vary in prose."""
    prompts, line, answers = rows["prompt"], rows["line"], rows["answer"]
    shape = rows["shape"]
    values = (rows["length"] <= VALUE_LENGTH) | (shape == OBJECT) | (shape == ARRAY) | (shape == CALL)
    contradictions = examples = lost = wordings = 0
    for places in _answered_differently(prompts, answers):
        if not values[places].all():
            wordings += 1
            _add_wordings(line[places], len(set(answers[places].tolist())), findings)
            continue
        said = _sides(line[places], answers[places])
        contradictions += 1
        examples += len(places)
        lost += len(places) - max(map(len, said))
        _add_contradiction(said, findings)
    score = 1 - lost / len(rows) if len(rows) else 1.0
    if contradictions:
        _add_agreement(score, contradictions, findings)
    return Agreement(contradictions, examples, round(score, 6), wordings)


def _answered_differently(prompts: NDArray[Any], answers: NDArray[Any]) -> list[NDArray[np.intp]]:
    """Return the places of each prompt that has more than one answer."""
    return [places for places in equal(prompts) if (answers[places] != answers[places[0]]).any()]


def _sides(line: NDArray[Any], answers: NDArray[Any]) -> list[list[int]]:
    """Return the lines of each answer, the most frequent first."""
    order = np.argsort(answers, kind="stable")
    starts, ends = runs(answers[order])
    sides = [line[order[start:end]].tolist() for start, end in zip(starts, ends, strict=True)]
    return sorted(sides, key=lambda side: (-len(side), side[0]))


def _add_contradiction(sides: list[list[int]], findings: Findings) -> None:
    one, other = sides[0], sides[1]
    rest = f" ({counted(len(sides) - 2, 'other answer')} beside)" if len(sides) > 2 else ""
    said = f"one prompt has {len(sides)} answers: {lines(one)} against {lines(other)}{rest}."
    cure = "Decide which is right, or write into the prompt what makes them differ."
    findings.add("contradiction", f"{said} {cure}", line=min(side[0] for side in sides))


def _add_wordings(line: NDArray[Any], number: int, findings: Findings) -> None:
    said = f"one prompt is answered in {number} wordings, in {lines(line)}; prompts like it are counted here."
    findings.add("answers_vary", f"{said} Look whether they say the same.", line=int(line[0]))


def _add_agreement(score: float, prompts: int, findings: Findings) -> None:
    said = f"{counted(prompts, 'prompt')} with contradicting answers: a model that gives each prompt one answer can"
    best = f"match at most {share(score)} of this file."
    findings.add("agreement_bound", f"{said} {best} Settle the contradictions first; more data will not help.")
