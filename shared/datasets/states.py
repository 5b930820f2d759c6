"""Where a file stands, and the legal arrows between."""

from enum import StrEnum


class DatasetState(StrEnum):
    """What is true of a file while it is in the state. OpenAI's `status` shows the first three."""

    UPLOADED = "uploaded"  #: Its bytes are stored; nobody has read them yet.
    PROCESSED = "processed"  #: Every line was read and none has an error.
    ERROR = "error"  #: It has errors; it is sent nowhere. `status_details` says the first.
    DELETED = "deleted"  #: Somebody asked; its bytes are gone or going. Final.


ARROWS: dict[DatasetState, frozenset[DatasetState]] = {
    DatasetState.UPLOADED: frozenset({DatasetState.PROCESSED, DatasetState.ERROR, DatasetState.DELETED}),
    DatasetState.PROCESSED: frozenset({DatasetState.DELETED}),
    DatasetState.ERROR: frozenset({DatasetState.DELETED}),
    DatasetState.DELETED: frozenset(),
}
