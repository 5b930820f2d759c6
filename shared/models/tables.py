"""The table of tuned models."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Text
from sqlmodel import Field

from shared.db.rows import SQLModel, created_at, datetime, instant, text
from shared.models.states import Readiness

_STATES = ", ".join(f"'{state}'" for state in Readiness)


class TunedModel(SQLModel, table=True):
    """A model that a job made. Its id is its name, the same here and at the provider."""

    __tablename__ = "tuned_models"
    __table_args__ = (
        CheckConstraint(f"readiness IN ({_STATES})", name="readiness"),
        Index("ix_tuned_models_project_id_created_at", "project_id", "created_at"),
    )

    id: str = text(primary_key=True)
    project_id: str = Field(sa_column=Column(Text, ForeignKey("projects.id"), nullable=False))
    job_id: str = Field(sa_column=Column(Text, ForeignKey("jobs.id"), nullable=False, index=True))
    provider: str = text()
    base_model: str = text()
    #: The tuned model that training went on from.
    parent_model: str | None = text(nullable=True, default=None)
    #: The step of a checkpoint; null for what the job ended with.
    checkpoint_step: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    readiness: str = text()
    created_at: datetime = created_at()
    ready_at: datetime | None = instant()
    deleted_at: datetime | None = instant()
