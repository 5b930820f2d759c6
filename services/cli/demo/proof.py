"""What must have happened, each as a sentence that was true or not"""

from dataclasses import dataclass, field


@dataclass
class Proof:
    """Sentences in the order in which they were looked at."""

    facts: list[tuple[str, bool]] = field(default_factory=list)

    def add(self, sentence: str, holds: bool) -> None:  # noqa: FBT001 (reads as "the loss fell, which is so")
        """Write down whether the sentence holds."""
        self.facts.append((sentence, holds))

    @property
    def missing(self) -> list[str]:
        """The sentences that do not hold."""
        return [sentence for sentence, holds in self.facts if not holds]
