"""Find answers that are far shorter or longer than the others"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.datasets.checks.findings import Findings
from shared.datasets.quality.groups import counted
from shared.datasets.quality.rows import Rows

#: Lengths are compared by their logarithms, as they are spread: twice and half are equally far. The spread is the
#: median deviation from the median, which outliers do not move; 1.4826 of it is a standard deviation (Iglewicz and
#: Hoaglin 1993, who advise 3.5; lengths of text have longer tails).
FAR = 5.0
_SCALE = 1.4826
#: Where all are about equally long, a fifth more or less is not far.
_LEAST_SPREAD = 0.3
#: Labels are of any length: "no" is seven times shorter than "not applicable", and as good.
_LEAST_DIFFERENCE = 50
_FEWEST = 30


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long the answers are, in characters."""

    shortest: int
    median: int
    longest: int
    far: int  #: Answers far from the median.


def find_odd_lengths(rows: Rows, findings: Findings) -> Lengths:
    """Add a finding for each answer that is far from the median of the file."""
    lengths, line = rows["length"], rows["line"]
    if not len(lengths):
        return Lengths(0, 0, 0, 0)
    logs = np.log1p(lengths)
    middle = _middle(logs)
    spread = max(_LEAST_SPREAD, _SCALE * _middle(np.abs(logs - middle)))
    median = int(_middle(lengths))
    apart = np.abs(lengths.astype(np.int64) - median) >= _LEAST_DIFFERENCE
    far = np.flatnonzero(apart & (np.abs(logs - middle) > FAR * spread) & (len(lengths) >= _FEWEST))
    for place in far:
        said = (
            f"the answer has {counted(int(lengths[place]), 'character')}; half of the file's have {median:,} or more."
        )
        where = "longer" if lengths[place] > median else "shorter"
        cure = f"Look whether one so much {where} is meant."
        findings.add("answer_length", f"{said} {cure}", line=int(line[place]))
    return Lengths(int(lengths.min()), median, int(lengths.max()), len(far))


def _middle(values: NDArray[Any]) -> float:
    """Return the median. `np.median` takes 15 ms, the first time, to load what is not used."""
    ordered = np.sort(values)
    half = len(ordered) // 2
    return (float(ordered[half]) + float(ordered[-half - 1])) / 2
