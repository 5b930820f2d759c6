"""Where a file stands, and the legal arrows between."""

from enum import StrEnum


class DatasetState(StrEnum):
    """What is true of a file while it is in the state. OpenAI's `status` shows the three in the middle."""

    MAKING = "making"  #: Its bytes are being made of another file's: a split or a conversion. The wire says `uploaded`.
    UPLOADED = "uploaded"  #: Its bytes are stored; nobody has read them yet.
    PROCESSED = "processed"  #: Every line was read and none has an error.
    ERROR = "error"  #: It has errors; it is sent nowhere. `status_details` says the first.
    DELETED = "deleted"  #: Somebody asked; its bytes are gone or going. Final.


ARROWS: dict[DatasetState, frozenset[DatasetState]] = {
    DatasetState.MAKING: frozenset({DatasetState.UPLOADED, DatasetState.ERROR, DatasetState.DELETED}),
    DatasetState.UPLOADED: frozenset({DatasetState.PROCESSED, DatasetState.ERROR, DatasetState.DELETED}),
    DatasetState.PROCESSED: frozenset({DatasetState.DELETED}),
    DatasetState.ERROR: frozenset({DatasetState.DELETED}),
    DatasetState.DELETED: frozenset(),
}

#: Nobody has read all of it yet: what waits for a file waits while it is in one of these.
UNCHECKED = frozenset({DatasetState.MAKING, DatasetState.UPLOADED})
