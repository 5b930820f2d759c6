"""Whether a tuned model answers, and the legal arrows between."""

from enum import StrEnum


class Readiness(StrEnum):
    """What is true of a tuned model; the API shows it as `readiness`."""

    LOADING = "loading"  #: The provider made it; it has not answered us yet.
    READY = "ready"  #: It answered.
    DELETED = "deleted"  #: Somebody asked. Final.


ARROWS: dict[Readiness, frozenset[Readiness]] = {
    Readiness.LOADING: frozenset({Readiness.READY, Readiness.DELETED}),
    Readiness.READY: frozenset({Readiness.DELETED}),
    Readiness.DELETED: frozenset(),
}
