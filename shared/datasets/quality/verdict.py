"""What the checks of quality say of a file as a whole: figures, and a sentence"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from shared.datasets.quality.contradictions import Agreement
from shared.datasets.quality.duplicates import Duplicates
from shared.datasets.quality.endings import Endings
from shared.datasets.quality.grounding import Grounding
from shared.datasets.quality.groups import counted, share
from shared.datasets.quality.languages import Languages
from shared.datasets.quality.leakage import Leakage
from shared.datasets.quality.lengths import Lengths
from shared.datasets.quality.near_duplicates import NearDuplicates
from shared.datasets.quality.refusals import Refusals
from shared.datasets.quality.shapes import HABIT, Answers
from shared.datasets.quality.systems import SystemPrompts


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """The figures of a report; `leakage` is None where no training file was given, and what was not looked for too."""

    examples: int
    duplicates: Duplicates
    near_duplicates: NearDuplicates | None
    agreement: Agreement
    leakage: Leakage | None
    refusals: Refusals
    system_prompts: SystemPrompts
    answers: Answers
    lengths: Lengths
    endings: Endings
    languages: Languages
    grounding: Grounding

    @property
    def summary(self) -> str:
        """What the file is good for, in a sentence or two."""
        if not self.examples:
            return "No example could be judged."
        kind = f"{counted(self.examples, 'example')} {self._form()}, {self._system()}"
        trouble = ", ".join(self._trouble())
        return (
            f"{kind}. {trouble[:1].upper()}{trouble[1:]}."
            if trouble
            else f"{kind}; no example repeats or contradicts another."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the object `quality` of a dataset report."""
        return {"summary": self.summary, **asdict(self)}

    def _form(self) -> str:
        if self.answers.json_share >= HABIT:
            return "of one form (JSON)" if self.answers.key_sets == 1 else "with JSON for answers"
        return "of prose" if self.answers.json_share <= 1 - HABIT else f"of which {share(self.answers.json_share)} JSON"

    def _system(self) -> str:
        prompts = self.system_prompts
        said = counted(prompts.variants, "system prompt") if prompts.variants else "no system prompt"
        return f"{said}, {prompts.without:,} without" if prompts.variants and prompts.without else said

    def _trouble(self) -> Iterator[str]:
        if self.duplicates.examples:
            yield f"{self.duplicates.examples:,} repeated"
        if self.near_duplicates and self.near_duplicates.examples:
            yield f"{self.near_duplicates.examples:,} nearly repeated"
        if self.agreement.contradictions:
            yield (
                f"{counted(self.agreement.contradictions, 'contradiction')}"
                f" (agreement at most {share(self.agreement.score)})"
            )
        if self.agreement.wordings:
            yield f"{counted(self.agreement.wordings, 'prompt')} answered in several wordings"
        if self.refusals.answers:
            yield f"{share(self.refusals.share)} of the answers refuse"
        if self.leakage and (leaked := self.leakage.examples + self.leakage.prompts + self.leakage.near):
            yield f"{leaked:,} known from the training file"
