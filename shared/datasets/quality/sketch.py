"""Take an example at a time, keep what is needed of it, and conclude on the file as a whole"""

from typing import Any

from shared.datasets.checks.findings import Findings
from shared.datasets.formats import Format, PlainChat, PlainPair
from shared.datasets.quality.contradictions import find_contradictions
from shared.datasets.quality.duplicates import find_duplicates
from shared.datasets.quality.keys import answer_key, example_key, prompt_key
from shared.datasets.quality.leakage import Leakage, find_leaks
from shared.datasets.quality.near_duplicates import find_near_duplicates, find_near_leaks
from shared.datasets.quality.rows import Rows
from shared.datasets.quality.shingles import Shingles
from shared.datasets.quality.talk import see
from shared.datasets.quality.verdict import Quality


class Sketch:
    """What the checks of quality know of a file, or of a block of it.

    Sketches of blocks, extended in file order, are the sketch of the file: where it was cut makes no difference.
    """

    def __init__(self, *, near_duplicates: bool = True) -> None:
        """Begin with nothing. Without near-duplicates a sketch takes a tenth of the memory, and half the time."""
        self.rows = Rows()
        self.shingles = Shingles() if near_duplicates else None

    def take(
        self,
        line: int,
        example: PlainChat | PlainPair | dict[str, Any],
        kind: Format,
        findings: Findings,  # noqa: ARG002 (what is said of one example alone comes next)
    ) -> None:
        """Look at one example, in the order of the file; add what is to be said of it alone. Nothing is raised."""
        talk = see(example, kind)
        if talk is None:
            return
        answer = talk.answer
        if self.shingles is not None:
            self.shingles.take(talk)
        self.rows.append(line, example_key(talk), prompt_key(talk), answer_key(answer), len(answer))

    def extend(self, other: "Sketch") -> None:
        """Add what is known of the block that follows."""
        self.rows.extend(other.rows)
        if self.shingles is not None and other.shingles is not None:
            self.shingles.extend(other.shingles)

    def conclude(self, findings: Findings, *, against: "Sketch | None" = None) -> Quality:
        """Add what is to be said of the file as a whole; `against` is the training file of this validation file."""
        near = None if self.shingles is None else find_near_duplicates(self.rows, self.shingles, findings)
        return Quality(
            examples=len(self.rows),
            duplicates=find_duplicates(self.rows, findings),
            near_duplicates=near,
            agreement=find_contradictions(self.rows, findings),
            leakage=None if against is None else self._find_leakage(against, findings),
        )

    def _find_leakage(self, training: "Sketch", findings: Findings) -> Leakage:
        leaks = find_leaks(self.rows, training.rows, findings)
        near = 0
        if self.shingles is not None and training.shingles is not None:
            known = (training.rows, training.shingles)
            near = find_near_leaks(self.rows, self.shingles, known, leaks.asked, findings)
        return Leakage(int(leaks.answered.sum()), int((leaks.asked & ~leaks.answered).sum()), near)
