"""What a project chooses of the checks: how bad each finding is, and where the limits lie."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"  #: The file is not uploaded anywhere.
    WARNING = "warning"  #: It can be trained on; something is lost or doubtful.
    INFO = "info"  #: Worth knowing.


OFF = "off"  #: How a policy says that a code is not looked for.

Count = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, le=1)]


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Where the limits of the checks lie. Each is read by its name; the types hold what may be written."""

    minimum_examples: Count = 10  #: OpenAI refuses fewer (supervised fine-tuning guide).
    advised_examples: Count = 50  #: "We recommend starting with 50 well-crafted demonstrations" (the same guide).
    maximum_bytes: Count = 512_000_000  #: OpenAI's Files API (Azure the same).
    maximum_image_examples: Count = 50_000  #: Examples with images in a file (OpenAI, vision fine-tuning guide).
    maximum_graded_examples: Count = 50_000  #: Reinforcement lines of a training file (OpenAI, RFT guide).
    maximum_graded_validation_examples: Count = 1_000  #: And of a validation file.
    images_per_example: Count = 10  #: OpenAI's limit (vision fine-tuning guide); Azure takes 64.
    near_duplicate: Share = 0.8  #: From which similarity (Jaccard, of runs of three words) two examples count as one.
    refusal_share: Share = 0.2  #: The guide: 60 % of refusals taught a model that should refuse 5 % to refuse too much.


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A choice over the registry of codes. It is plain data: it may be pickled, and goes to every process of a check.

    `codes` holds what differs from the registry; None is off. Whether it may differ is judged where it is read.
    """

    codes: Mapping[str, Severity | None] = field(default_factory=dict)
    thresholds: Thresholds = Thresholds()

    def severity(self, code: str, registered: Severity) -> Severity | None:
        """Return how bad a code of this registered severity is here; None when it is off."""
        return self.codes.get(code, registered)

    def as_dict(self) -> dict[str, Any]:
        """Return what differs from the defaults, in the form in which it is read."""
        codes = {code: OFF if severity is None else severity.value for code, severity in self.codes.items()}
        mine, theirs = asdict(self.thresholds), asdict(DEFAULT.thresholds)
        return {"codes": codes, "thresholds": {name: value for name, value in mine.items() if value != theirs[name]}}


DEFAULT = Policy()
