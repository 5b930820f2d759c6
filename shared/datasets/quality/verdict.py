"""What the checks of quality say of a file as a whole: figures, and a sentence"""

from dataclasses import asdict, dataclass
from typing import Any

from shared.datasets.quality.contradictions import Agreement
from shared.datasets.quality.duplicates import Duplicates
from shared.datasets.quality.groups import counted, share
from shared.datasets.quality.leakage import Leakage
from shared.datasets.quality.near_duplicates import NearDuplicates


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """The figures of a report; `leakage` is None where no training file was given, and what was not looked for too."""

    examples: int
    duplicates: Duplicates
    near_duplicates: NearDuplicates | None
    agreement: Agreement
    leakage: Leakage | None

    @property
    def summary(self) -> str:
        """What the file is good for, in a sentence."""
        said = [counted(self.examples, "example")]
        if self.duplicates.examples:
            said.append(f"{self.duplicates.examples:,} repeated")
        if self.near_duplicates and self.near_duplicates.examples:
            said.append(f"{self.near_duplicates.examples:,} nearly repeated")
        if self.agreement.contradictions:
            best = f"agreement at most {share(self.agreement.score)}"
            said.append(f"{counted(self.agreement.contradictions, 'contradiction')} ({best})")
        return ", ".join(said) + "."

    def as_dict(self) -> dict[str, Any]:
        """Return the object `quality` of a dataset report."""
        return {"summary": self.summary, **asdict(self)}
