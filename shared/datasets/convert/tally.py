"""Count what a conversion read, wrote and skipped, and what of the records it left out."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

#: Every skipped row is counted; so many are listed with their reason.
LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is not in the output."""

    row: int
    why: str


@dataclass
class Tally:
    """What became of the rows: `read` is always `written` plus `skipped`."""

    source: str = ""
    shape: str = ""
    read: int = 0
    written: int = 0
    skipped: int = 0
    listed: list[Skipped] = field(default_factory=list)
    #: Keys of records that the target has no place for, with the number of records that had them.
    left_out: Counter[str] = field(default_factory=Counter)
    #: What was recognised over the whole file, and how many records lacked it.
    notes: list[str] = field(default_factory=list)

    def skip(self, row: int, why: str) -> None:
        """Count a row that is not in the output."""
        self.skipped += 1
        if len(self.listed) < LISTED:
            self.listed.append(Skipped(row, why))

    def as_dict(self) -> dict[str, Any]:
        """Return the object `dataset.conversion` that the API and `--json` show."""
        return {
            "object": "dataset.conversion",
            "source": self.source,
            "shape": self.shape,
            "read": self.read,
            "written": self.written,
            "skipped": self.skipped,
            "skipped_rows": [{"row": one.row, "message": one.why} for one in self.listed],
            "left_out": dict(self.left_out.most_common()),
            "notes": list(self.notes),
        }
