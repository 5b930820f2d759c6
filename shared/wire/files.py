"""A file as OpenAI's API shows it."""

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel

from shared.wire.sparse import Sparse


class FilePurpose(StrEnum):
    """What a file may be for; the first can be uploaded here, the second is what a job writes."""

    FINE_TUNE = "fine-tune"
    FINE_TUNE_RESULTS = "fine-tune-results"


class FileStatus(StrEnum):
    """OpenAI calls the field deprecated, and its SDK loops for 30 minutes without it."""

    UPLOADED = "uploaded"
    PROCESSED = "processed"
    ERROR = "error"


class File(Sparse):
    """OpenAI's File object (specification, `OpenAIFile`), in which `status_details` and `expires_at` are never null."""

    id: str
    object: Literal["file"] = "file"
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: str
    status_details: str | None = None
    expires_at: int | None = None
    #: Ours, from here on.
    metadata: dict[str, str] | None = None
    validation_of: str | None = None
    derived_from: str | None = None
    derivation: dict[str, Any] | None = None
    progress: dict[str, int | str] | None = None


class FileDeleted(BaseModel):
    """OpenAI's answer to DELETE /files/{id}."""

    id: str
    object: Literal["file"] = "file"
    deleted: bool = True
