"""The table of files."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Text
from sqlmodel import Field

from shared.datasets.states import DatasetState
from shared.db.rows import SQLModel, created_at, datetime, document, instant, text

_STATES = ", ".join(f"'{state}'" for state in DatasetState)


class Dataset(SQLModel, table=True):
    """A file that a caller handed in, or that a job wrote. Its bytes lie in the storage under `stored_as`."""

    __tablename__ = "datasets"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        Index("ix_datasets_project_id_id", "project_id", "id"),
    )

    id: str = text(primary_key=True)
    project_id: str = Field(sa_column=Column(Text, ForeignKey("projects.id"), nullable=False))
    filename: str = text()
    purpose: str = text()
    bytes: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: str = text()
    stored_as: str = text()
    state: str = text()
    status_details: str | None = text(nullable=True, default=None)
    report: dict[str, object] | None = document()
    created_at: datetime = created_at()
    checked_at: datetime | None = instant()
    deleted_at: datetime | None = instant()
