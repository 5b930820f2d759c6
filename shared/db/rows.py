"""The columns every table shares, and the names that constraints get."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

#: Alembic can only alter what has a name that does not depend on the server.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def created_at() -> Any:
    """A column with the database's time of the insert."""
    return Field(default=None, sa_type=DateTime(timezone=True), sa_column_kwargs=_now(), nullable=False)


def instant() -> Any:
    """A nullable column with an instant."""
    return Field(default=None, sa_type=DateTime(timezone=True), nullable=True)


def text(**column: Any) -> Any:
    """A text column; pass what Column takes, e.g. `nullable=True`."""
    default = column.pop("default", ...)
    column.setdefault("nullable", False)
    return Field(default=default, sa_column=Column(Text, **column))


def document(*, nullable: bool = True) -> Any:
    """A JSONB column. Assign a new value to change it: a change inside is not seen by the session."""
    return Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=nullable))


def texts() -> Any:
    """A column with an array of texts, empty by default."""
    return Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))


def _now() -> dict[str, Any]:
    return {"server_default": func.clock_timestamp()}


__all__ = ["SQLModel", "created_at", "datetime", "document", "instant", "text", "texts"]
