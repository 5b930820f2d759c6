"""The tables of projects and API keys."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Text
from sqlmodel import Field

from shared.db.rows import SQLModel, created_at, datetime, instant, text, texts


class Project(SQLModel, table=True):
    """Whose objects these are. Another project's object does not exist for a caller."""

    __tablename__ = "projects"

    id: str = text(primary_key=True)
    name: str = text()
    created_at: datetime = created_at()


class ApiKey(SQLModel, table=True):
    """A key's hash and rights; the key itself is shown once and stored nowhere."""

    __tablename__ = "api_keys"

    id: str = text(primary_key=True)
    project_id: str = Field(sa_column=Column(Text, ForeignKey("projects.id"), nullable=False, index=True))
    name: str = text()
    #: The first characters, by which a person tells keys apart.
    prefix: str = text()
    hash: str = text(unique=True)
    scopes: list[str] = texts()
    created_at: datetime = created_at()
    revoked_at: datetime | None = instant()


class IdempotencyKey(SQLModel, table=True):
    """The first answer to a request that carried an Idempotency-Key; the row commits with what the request did."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    project_id: str = Field(sa_column=Column(Text, ForeignKey("projects.id"), primary_key=True))
    key: str = text(primary_key=True)
    #: SHA-256 of method, path and body.
    fingerprint: str = text()
    status: int = Field(sa_column=Column(Integer, nullable=False))
    #: Encrypted, for an answer may show a secret once.
    answer: str = text()
    created_at: datetime = created_at()
