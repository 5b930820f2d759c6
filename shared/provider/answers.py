"""What a provider tells of its files, jobs, events and checkpoints, in our words."""

import json
from dataclasses import dataclass, field
from typing import Any

from shared.provider.decode import number, said, second, table, whole, words

#: A reason longer than this is a page of something else; an id, a status or a name is never near it.
_MOST_TEXT = 4000
_MOST_NAME = 512
#: The column is an integer of 32 bits.
_MOST_STEP = 2**31 - 1
#: An event's data beyond so many characters of JSON is no note on a training; thousands of them are held at once.
_MOST_DATA = 16_000


def identity(body: dict[str, Any]) -> str:
    """Return the id of an object; raise KeyError without one, ValueError when it is null, an object or a page long."""
    found = body["id"]
    if isinstance(found, bool) or not isinstance(found, str | int) or not 0 < len(str(found)) <= _MOST_NAME:
        raise ValueError(f"id: expected a text of 1 to {_MOST_NAME} characters, found {words(found, 80)}")
    return str(found)


@dataclass(frozen=True)
class ProviderJob:
    """A job as the provider sees it. `status` is its own word: unknown ones mean still running."""

    id: str
    status: str
    created_at: int
    fine_tuned_model: str | None = None
    trained_tokens: int | None = None
    result_files: tuple[str, ...] = ()
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    error_code: str | None = None
    error_message: str | None = None
    estimated_finish: int | None = None
    finished_at: int | None = None
    seed: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, body: dict[str, Any]) -> "ProviderJob":
        """Read a job tolerantly: partial objects, `error: {}` and null hyperparameters are all real (facts 1.3).

        Raises KeyError without an id, ValueError for what is none.
        """
        told = body.get("error")
        error: dict[str, Any] = told if isinstance(told, dict) else {"message": told or None}
        method = table(body.get("method"))
        nested = table(table(method.get(str(method.get("type") or "supervised"))).get("hyperparameters"))
        files = body.get("result_files")
        return cls(
            id=identity(body),
            status=words(body.get("status"), _MOST_NAME) or "unknown",
            created_at=second(body.get("created_at")) or 0,
            fine_tuned_model=words(body.get("fine_tuned_model"), _MOST_NAME) or None,
            trained_tokens=whole(body.get("trained_tokens")),
            result_files=tuple(str(file) for file in files if file) if isinstance(files, list) else (),
            hyperparameters=table(body.get("hyperparameters")) or nested,
            error_code=said(error.get("code"), _MOST_NAME),
            error_message=said(error.get("message"), _MOST_TEXT),
            estimated_finish=second(body.get("estimated_finish")),
            finished_at=second(body.get("finished_at")),
            seed=whole(body.get("seed")),
            metadata={name: str(value) for name, value in table(body.get("metadata")).items()},
        )


@dataclass(frozen=True)
class ProviderEvent:
    """One line of the provider's event list."""

    id: str
    created_at: int
    level: str
    message: str
    type: str
    data: dict[str, Any] | None

    @classmethod
    def read(cls, body: dict[str, Any]) -> "ProviderEvent":
        """Read an event; `data` may be absent, null or empty, and is left out when it is far too long."""
        data = table(body.get("data"))
        return cls(
            id=identity(body),
            created_at=second(body.get("created_at")) or 0,
            level=words(body.get("level"), _MOST_NAME) or "info",
            message=said(body.get("message"), _MOST_TEXT) or "",
            type=words(body.get("type"), _MOST_NAME) or "message",
            data=data if data and len(json.dumps(data)) <= _MOST_DATA else None,
        )


@dataclass(frozen=True)
class ProviderCheckpoint:
    """A model that the provider saved at the end of an epoch."""

    id: str
    created_at: int
    model: str
    step: int
    metrics: dict[str, float]

    @classmethod
    def read(cls, body: dict[str, Any]) -> "ProviderCheckpoint":
        """Read a checkpoint; metrics that are not numbers are left out."""
        told = {name: number(value) for name, value in table(body.get("metrics")).items()}
        return cls(
            id=identity(body),
            created_at=second(body.get("created_at")) or 0,
            model=str(body["fine_tuned_model_checkpoint"]),
            step=min(whole(body.get("step_number")) or 0, _MOST_STEP),
            metrics={name: value for name, value in told.items() if value is not None},
        )


@dataclass(frozen=True)
class NewJob:
    """What a job is created with. `our_id` stands in its metadata, by which it is found again."""

    our_id: str
    model: str
    training_file: str
    validation_file: str | None
    suffix: str | None
    seed: int | None
    hyperparameters: dict[str, Any]

    def body(self) -> dict[str, Any]:
        """Return the request body; what is not set is left out, for older servers refuse explicit nulls (facts 1.3)."""
        optional = {"validation_file": self.validation_file, "suffix": self.suffix, "seed": self.seed}
        return {
            "model": self.model,
            "training_file": self.training_file,
            "method": {"type": "supervised", "supervised": {"hyperparameters": self.hyperparameters}},
            "metadata": {OUR_ID: self.our_id},
            **{name: value for name, value in optional.items() if value is not None},
        }


#: The key under which our job's id stands in the provider's metadata.
OUR_ID = "tuneyard_job_id"
