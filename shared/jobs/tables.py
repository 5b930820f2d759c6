"""The tables of jobs, of the lines in their event lists, and of their checkpoints."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy import text as literal
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from shared.db.rows import SQLModel, created_at, datetime, document, instant, text, texts
from shared.jobs.states import FINAL, JobState

_STATES = ", ".join(f"'{state}'" for state in JobState)
_FINAL = ", ".join(f"'{state}'" for state in sorted(FINAL))


def _job_id() -> Column[str]:
    return Column(Text, ForeignKey("jobs.id"), nullable=False)


class Job(SQLModel, table=True):
    """A fine-tuning job. `state` is written by lifecycle alone."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        Index("ix_jobs_project_id_id", "project_id", "id"),
        Index("ix_jobs_metadata", "metadata", postgresql_using="gin"),
        Index(
            "ix_jobs_waiting", "training_file", "validation_file", postgresql_where=literal(f"state NOT IN ({_FINAL})")
        ),
        UniqueConstraint("provider", "provider_job_id"),
    )

    id: str = text(primary_key=True)
    project_id: str = Field(sa_column=Column(Text, ForeignKey("projects.id"), nullable=False))
    state: str = text()
    #: What was asked for, resolved: a base's snapshot, or a tuned model to go on from.
    model: str = text()
    base_model: str = text()
    training_file: str = Field(sa_column=Column(Text, ForeignKey("datasets.id"), nullable=False))
    validation_file: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("datasets.id"), nullable=True))
    suffix: str | None = text(nullable=True, default=None)
    seed: int = Field(sa_column=Column(BigInteger, nullable=False))
    #: As asked for; the provider's numbers take the place of "auto" when it has chosen them.
    hyperparameters: dict[str, object] = document(nullable=False)
    #: The column is called as the API calls it; the attribute cannot be, for SQLModel has one of that name.
    labels: dict[str, str] | None = Field(
        default=None, sa_column=Column("metadata", JSONB(none_as_null=True), nullable=True)
    )
    estimate: dict[str, object] | None = document()
    provider: str = text()
    provider_job_id: str | None = text(nullable=True, default=None)
    #: The provider's own word, whatever it is.
    provider_status: str | None = text(nullable=True, default=None)
    fine_tuned_model: str | None = text(nullable=True, default=None)
    trained_tokens: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    result_files: list[str] = texts()
    error: dict[str, object] | None = document()
    #: `[{"stage", "at"}]`: what happened when, oldest first.
    stages: list[dict[str, object]] = document(nullable=False)
    created_at: datetime = created_at()
    finished_at: datetime | None = instant()
    estimated_finish: datetime | None = instant()
    cancel_requested_at: datetime | None = instant()


class JobEvent(SQLModel, table=True):
    """A line of a job's event list, ours or the provider's."""

    __tablename__ = "job_events"
    __table_args__ = (
        UniqueConstraint("job_id", "provider_event_id"),
        Index("ix_job_events_job_id_id", "job_id", "id"),
    )

    id: str = text(primary_key=True)
    job_id: str = Field(sa_column=_job_id())
    created_at: datetime = created_at()
    level: str = text()
    message: str = text()
    type: str = text()
    data: dict[str, object] | None = document()
    provider_event_id: str | None = text(nullable=True, default=None)


class JobCheckpoint(SQLModel, table=True):
    """A model saved at the end of an epoch."""

    __tablename__ = "job_checkpoints"
    __table_args__ = (UniqueConstraint("job_id", "model"),)

    id: str = text(primary_key=True)
    job_id: str = Field(sa_column=_job_id())
    model: str = text()
    step: int = Field(sa_column=Column(Integer, nullable=False))
    metrics: dict[str, object] = document(nullable=False)
    created_at: datetime = created_at()
