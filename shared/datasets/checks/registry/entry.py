"""The registry of finding codes, a public contract: each with its severity, rule, cure and source."""

from dataclasses import dataclass

from shared.datasets.policy import Severity

#: Why a policy may not change a code, for the sentence that refuses it.
UNREADABLE = "nothing can be read where it stands, so no provider could train on it"
SHAPELESS = "an example with it has no shape that could be trained on or counted"
TELLS_OF_IMAGES = "a later job learns from it whether its model must see images"


@dataclass(frozen=True)
class Code:
    """One kind of finding. A file that has it stands in the labelled corpus of the tests, under its name."""

    name: str
    severity: Severity
    rule: str
    cure: str
    source: str
    once: bool = False  #: One entry tells of every place, with their number in `count`.
    fixed: str = ""  #: Why no policy may change its severity; empty where one may.


E, W, I = Severity.ERROR, Severity.WARNING, Severity.INFO  # noqa: E741 (columns of the tables)
