"""Find examples that stand more than once, word for word."""

from dataclasses import dataclass

from shared.datasets.checks.findings import Findings
from shared.datasets.quality.groups import counted, equal, lines
from shared.datasets.quality.rows import Rows


@dataclass(frozen=True, slots=True)
class Duplicates:
    """How much of a file is repetition."""

    groups: int  #: Different examples that stand more than once.
    examples: int  #: Examples that could go, with one of each group kept.


def find_duplicates(rows: Rows, findings: Findings) -> Duplicates:
    """Add a finding for each group of equal examples, at its first line."""
    line = rows["line"]
    groups = superfluous = 0
    for places in equal(rows["example"]):
        groups += 1
        superfluous += len(places) - 1
        said = f"the example stands {counted(len(places), 'time')}, in {lines(line[places])}. Keep one of them:"
        why = "the others teach nothing new, and make this one weigh more."
        findings.add("duplicate_example", f"{said} {why}", line=int(line[places[0]]))
    return Duplicates(groups, superfluous)
