"""Find examples and prompts of a validation file that stand in its training file"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.datasets.checks.findings import Findings
from shared.datasets.quality.rows import Rows


@dataclass(frozen=True, slots=True)
class Leakage:
    """How many examples of a validation file the training file gives away."""

    examples: int  #: With prompt and answer.
    prompts: int  #: With the prompt only.
    near: int  #: With nearly the same words.


@dataclass(frozen=True, slots=True)
class Leaks:
    """Which examples of a validation file the training file gives away."""

    asked: NDArray[np.bool_]
    answered: NDArray[np.bool_]


def find_leaks(rows: Rows, training: Rows, findings: Findings) -> Leaks:
    """Add a finding for each example whose prompt was trained on, with the line of the training file."""
    asked = _first(rows["prompt"], training["prompt"])
    answered = _first(_both(rows), _both(training))
    line, trained = rows["line"], training["line"]
    for place in np.flatnonzero(asked >= 0):
        if answered[place] >= 0:
            said = f"the example stands in line {trained[answered[place]]:,} of the training file too."
            code, cure = "leaked_example", "Remove it here: its loss shows what was learned by heart."
        else:
            said = f"the prompt stands in line {trained[asked[place]]:,} of the training file, with another answer."
            code, cure = "leaked_prompt", "Validate on prompts that were not trained on."
        findings.add(code, f"{said} {cure}", line=int(line[place]))
    return Leaks(asked >= 0, answered >= 0)


def _both(rows: Rows) -> NDArray[Any]:
    """Return one key for prompt and answer together."""
    # Multiplied by an odd number, so that a prompt and an answer that change places do not come out the same.
    return np.asarray(rows["prompt"] * np.uint64(0x9E3779B97F4A7C15) ^ rows["answer"])


def _first(keys: NDArray[Any], among: NDArray[Any]) -> NDArray[np.intp]:
    """Return for each key the first place where it stands among others, -1 for none."""
    known, places = np.unique(among, return_index=True)
    if not len(known):
        return np.full(len(keys), -1)
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[at] == keys, places[at], -1)
