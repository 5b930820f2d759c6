"""What the lines of a block come to; tallies of blocks, added up in file order, are the tally of the file"""

from array import array
from typing import Any

from shared.datasets.checks import Finding, Findings
from shared.datasets.formats import Format, PlainChat, PlainPair
from shared.datasets.quality import Sketch, Taken
from shared.datasets.scan.plan import Plan


class Tally:
    """Small, and picklable: four bytes an example, and what was found."""

    def __init__(self, plan: Plan, kind: Format | None) -> None:
        self.format = kind
        self.examples = 0
        self.counts = array("I")  #: Tokens of each example without errors.
        self.learned = 0
        self.uncertain = 0  #: Tokens that there may be beside those counted.
        self.truncated = 0
        self.hopeless = False  #: The file is not lines of JSON: one finding says it all.
        self.findings = Findings(plan.policy)
        self.sketch = Sketch() if plan.quality else None
        self._taken: list[Taken] = []

    def take(self, line: int, example: PlainChat | PlainPair | dict[str, Any], kind: Format) -> None:
        """Keep an example without errors for `judge`, if there is to be a sketch."""
        if self.sketch is not None:
            self._taken.append((line, example, kind))

    def judge(self) -> None:
        """Have the checks of quality look at what was taken, all at once: at the end of the block."""
        if self.sketch is not None:
            self.sketch.take(self._taken, self.findings)
            self._taken = []

    def extend(self, later: "Tally") -> list[Finding]:
        """Add the tally of the block that follows; return the findings that are listed because of it."""
        self.format = self.format or later.format
        self.examples += later.examples
        self.counts.extend(later.counts)
        self.learned += later.learned
        self.uncertain += later.uncertain
        self.truncated += later.truncated
        self.hopeless = self.hopeless or later.hopeless
        if self.sketch is not None and later.sketch is not None:
            self.sketch.extend(later.sketch)
        return self.findings.extend(later.findings)
