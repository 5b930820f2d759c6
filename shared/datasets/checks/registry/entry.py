"""The registry of finding codes, a public contract: each with its severity, rule, cure and source."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"  #: The file is not uploaded anywhere.
    WARNING = "warning"  #: It can be trained on; something is lost or doubtful.
    INFO = "info"  #: Worth knowing.


@dataclass(frozen=True)
class Code:
    """One kind of finding. `example` is a file that has it; a string describes one too long to print."""

    name: str
    severity: Severity
    rule: str
    cure: str
    source: str
    example: bytes | str
    once: bool = False  #: One entry tells of every place, with their number in `count`.


E, W, I = Severity.ERROR, Severity.WARNING, Severity.INFO  # noqa: E741 (columns of the tables)
