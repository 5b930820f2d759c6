"""A file as the API shows it."""

from typing import Any

from shared.clock import unix
from shared.datasets.states import DatasetState
from shared.datasets.tables import Dataset
from shared.wire.files import File


def show(dataset: Dataset) -> dict[str, Any]:
    """Return OpenAI's File object, with what is ours beside it."""
    return File(
        id=dataset.id,
        bytes=dataset.bytes,
        created_at=unix(dataset.created_at),
        filename=dataset.filename,
        purpose=dataset.purpose,
        # To whoever waits for a file it is one thing whether it is being made or checked.
        status=DatasetState.UPLOADED if dataset.state == DatasetState.MAKING else dataset.state,
        status_details=dataset.status_details,
        metadata=dataset.labels,
        validation_of=dataset.validation_of,
        derived_from=dataset.derived_from,
        derivation=dataset.derivation,
        progress=dataset.progress if dataset.state == DatasetState.UPLOADED else None,
    ).model_dump(mode="json")
