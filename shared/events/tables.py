"""The table of events: what happened, in order, gap-free per subject."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text, UniqueConstraint
from sqlmodel import Field

from shared.db.rows import SQLModel, created_at, datetime, document, text


class Event(SQLModel, table=True):
    """One happening. `data` is the subject as the API showed it at that instant; it is what a webhook carries."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("subject_id", "sequence"), Index("ix_events_project_id_id", "project_id", "id"))

    id: str = text(primary_key=True)
    project_id: str = Field(sa_column=Column(Text, ForeignKey("projects.id"), nullable=False))
    type: str = text()
    subject_id: str = text()
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    #: Its number among those of its subject that endpoints may hear of; none for a stage that is only ours.
    told: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    data: dict[str, object] = document(nullable=False)
    created_at: datetime = created_at()
