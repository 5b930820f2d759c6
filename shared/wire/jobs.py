"""Fine-tuning jobs, their events and checkpoints, as OpenAI's API takes and shows them."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, model_validator

from shared.wire.parse import Body, number_or_auto
from shared.wire.sparse import Sparse


class JobStatus(StrEnum):
    """The documented statuses. Real servers answer others too (`paused`, `pausing`): unknown means still running."""

    VALIDATING_FILES = "validating_files"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL = frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED})


class Hyperparameters(Body):
    """Supervised hyperparameters; `"auto"`, the default of each, is resolved when the job starts."""

    n_epochs: number_or_auto(int, 1, 50) = "auto"  # type: ignore[valid-type]
    batch_size: number_or_auto(int, 1, 256) = "auto"  # type: ignore[valid-type]
    learning_rate_multiplier: number_or_auto(float, 0, low_included=False) = "auto"  # type: ignore[valid-type]


class SupervisedMethod(Body):
    """What stands under `method.supervised`."""

    hyperparameters: Hyperparameters = Field(default_factory=Hyperparameters)


class Method(Body):
    """How to tune. Only `supervised` can be created here yet."""

    type: Literal["supervised"]
    supervised: SupervisedMethod = Field(default_factory=SupervisedMethod)


MetadataKey = Annotated[str, StringConstraints(min_length=1, max_length=64)]
MetadataValue = Annotated[str, StringConstraints(max_length=512)]
_MAX_PAIRS = 16


def _few(pairs: Any) -> Any:
    # Counted before the values are looked at: a body of a megabyte holds seventy thousand of them.
    if isinstance(pairs, dict) and len(pairs) > _MAX_PAIRS:
        raise ValueError(f"has {len(pairs)} pairs; at most {_MAX_PAIRS} are kept")
    return pairs


def _none_yet(integrations: Any) -> Any:
    if integrations:
        raise ValueError("are not offered here yet; leave the field out: the metrics are in the job's events")
    return integrations


Metadata = Annotated[dict[MetadataKey, MetadataValue], BeforeValidator(_few)]


class CreateJob(Body):
    """The body of POST /fine_tuning/jobs, with OpenAI's limits (specification, `CreateFineTuningJobRequest`)."""

    model: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    training_file: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    validation_file: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    suffix: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    method: Method | None = None
    hyperparameters: Hyperparameters | None = None
    integrations: Annotated[list[Any] | None, BeforeValidator(_none_yet)] = None
    metadata: Metadata | None = None

    @model_validator(mode="after")
    def _hyperparameters_stand_in_one_place(self) -> "CreateJob":
        if self.method is not None and self.hyperparameters is not None:
            raise ValueError('"hyperparameters" and "method" both name hyperparameters; keep "method"')
        return self

    def chosen(self) -> Hyperparameters:
        """Return the hyperparameters from whichever place they came."""
        if self.method is not None:
            return self.method.supervised.hyperparameters
        return self.hyperparameters or Hyperparameters()


class JobError(BaseModel):
    """Why a job failed. A healthy job has null in its place, never an empty object."""

    code: str
    message: str
    param: str | None = None


class Job(BaseModel):
    """OpenAI's fine-tuning job: the required fields of the specification, and those real answers carry."""

    object: Literal["fine_tuning.job"] = "fine_tuning.job"
    id: str
    model: str
    created_at: int
    finished_at: int | None = None
    fine_tuned_model: str | None = None
    organization_id: str
    result_files: list[str] = Field(default_factory=list)
    status: str
    validation_file: str | None = None
    training_file: str
    hyperparameters: dict[str, Any]
    trained_tokens: int | None = None
    error: JobError | None = None
    user_provided_suffix: str | None = None
    seed: int
    estimated_finish: int | None = None
    integrations: list[Any] = Field(default_factory=list)
    metadata: dict[str, str] | None = None
    method: dict[str, Any]


class JobEvent(Sparse):
    """One line of a job's event list; `data` is an object or is not there."""

    object: Literal["fine_tuning.job.event"] = "fine_tuning.job.event"
    id: str
    created_at: int
    level: str
    message: str
    type: str = "message"
    data: dict[str, Any] | None = None


class Checkpoint(BaseModel):
    """A model saved at the end of an epoch; `metrics` holds the numbers of its step."""

    object: Literal["fine_tuning.job.checkpoint"] = "fine_tuning.job.checkpoint"
    id: str
    created_at: int
    fine_tuning_job_id: str
    fine_tuned_model_checkpoint: str
    step_number: int
    metrics: dict[str, float]
