"""The table of work rows: each is a promise that something will be done."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, UniqueConstraint, text
from sqlmodel import Field

from shared.db.rows import SQLModel, created_at, datetime, instant
from shared.db.rows import text as words


class WorkItem(SQLModel, table=True):
    """One thing to do: `kind` to `subject_id`, at `run_at`. Done means gone.

    `wanted` counts how often it was asked for; asked for again while it runs, it runs again.
    """

    __tablename__ = "work_items"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id"),
        Index("ix_work_items_due", "run_at"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    kind: str = words()
    subject_id: str = words()
    run_at: datetime = created_at()
    lease_until: datetime | None = instant()
    lease_owner: str | None = words(nullable=True, default=None)
    epoch: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    attempt: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    #: How many of its tries ended because a process that did the work died.
    deaths: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    wanted: int = Field(default=1, sa_column=Column(Integer, nullable=False, server_default=text("1")))
    last_error: str | None = words(nullable=True, default=None)
    request_id: str | None = words(nullable=True, default=None)
    created_at: datetime = created_at()
