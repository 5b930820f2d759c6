"""What happens next, as a value that a step returns."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """The row's promise is kept."""


@dataclass(frozen=True)
class Again:
    """Not finished, nothing wrong: come back after so many seconds. Costs no attempt."""

    after: float
    why: str = ""


@dataclass(frozen=True)
class Retry:
    """An error that can pass. `after` None means: back off by the number of attempts.

    A `defect` is an error of ours: the attempts are counted, and the last gives up. What is wrong outside may last.
    """

    why: str
    after: float | None = None
    defect: bool = False


@dataclass(frozen=True)
class GaveUp:
    """No further try can help; the subject is to end with this reason, in OpenAI's `code` and `param`."""

    reason: str
    code: str = "internal_error"
    param: str | None = None


Outcome = Done | Again | Retry | GaveUp
