"""A file as the API shows it."""

from typing import Any

from shared.clock import unix
from shared.datasets.tables import Dataset
from shared.wire.files import File


def show(dataset: Dataset) -> dict[str, Any]:
    """Return OpenAI's File object."""
    return File(
        id=dataset.id,
        bytes=dataset.bytes,
        created_at=unix(dataset.created_at),
        filename=dataset.filename,
        purpose=dataset.purpose,
        status=dataset.state,
        status_details=dataset.status_details,
    ).model_dump(mode="json")
