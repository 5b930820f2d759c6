"""What is asked of a pass over a file; it goes to every process that takes part"""

from dataclasses import dataclass

from shared.datasets.policy import DEFAULT, Policy
from shared.datasets.reading.blocks import MAX_LINE_BYTES


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The same plan over the same bytes gives the same tally, however they are cut and whoever looks at them."""

    encoding: str | None  #: What tokens are counted in; None counts none.
    model: str | None = None
    limit: int | None = None  #: The tokens of an example that the model takes.
    policy: Policy = DEFAULT
    quality: bool = False  #: Whether to keep what the checks of the file as a whole need.
    max_line: int = MAX_LINE_BYTES
