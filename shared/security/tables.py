"""The tables of projects and API keys."""

from sqlalchemy import Column, ForeignKey, Text
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
