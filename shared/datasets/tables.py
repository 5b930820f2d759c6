"""The tables of files, and of what each project chose of the checks."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
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
    #: Called `metadata` by the API, a name that SQLModel has taken.
    labels: dict[str, str] | None = Field(
        default=None, sa_column=Column("metadata", JSONB(none_as_null=True), nullable=True)
    )
    #: The training file that this one is held out from: what stands in both is found by its check.
    validation_of: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("datasets.id"), nullable=True))
    #: The file it was made of, and how: `operation`, what was asked, and once it is made the `result`.
    derived_from: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("datasets.id"), nullable=True))
    derivation: dict[str, object] | None = document()
    #: How far its check is: `bytes`, `lines`, `of`, and once a process of it died `trying_again`, why. Written while it
    #: runs, and gone when it has ended.
    progress: dict[str, int | str] | None = document()
    #: Its size unpacked; None for a file that is not packed.
    plain_bytes: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    created_at: datetime = created_at()
    checked_at: datetime | None = instant()
    deleted_at: datetime | None = instant()


class DatasetPolicy(SQLModel, table=True):
    """What a project chose of the checks; a project without a row takes the defaults."""

    __tablename__ = "dataset_policies"

    project_id: str = Field(sa_column=Column(Text, ForeignKey("projects.id"), primary_key=True))
    #: As it was given: what differs from the defaults.
    policy: dict[str, object] = document(nullable=False)
    updated_at: datetime = created_at()
