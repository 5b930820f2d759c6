"""Find answers that are far shorter or longer than the others"""

from dataclasses import dataclass

import numpy as np

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
    middle = np.median(logs)
    spread = max(_LEAST_SPREAD, _SCALE * float(np.median(np.abs(logs - middle))))
    median = int(np.median(lengths))
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
