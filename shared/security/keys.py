"""API keys: made from 256 bits of chance, kept as a hash, each with its scopes."""

import hashlib
import secrets
from enum import StrEnum

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.security.tables import ApiKey, Project
from shared.wire import ids

PREFIX = "ty_"
DEFAULT_PROJECT = "proj_default"


class Scope(StrEnum):
    """What a key may do (api.md, "auth"); `admin` may do all."""

    FILES_READ = "files:read"
    FILES_WRITE = "files:write"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    MODELS_READ = "models:read"
    MODELS_WRITE = "models:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    INFERENCE = "inference"
    ADMIN = "admin"


def new_key() -> str:
    """Return a fresh key."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(key: str) -> str:
    """Return what is stored: SHA-256 is enough for 256 random bits, and costs a request nothing."""
    return hashlib.sha256(key.encode()).hexdigest()


def make(project_id: str, name: str, scopes: list[str], key: str) -> ApiKey:
    """Return the row for a key."""
    return ApiKey(
        id=ids.new("key_"),
        project_id=project_id,
        name=name,
        prefix=key[: len(PREFIX) + 6],
        hash=hash_of(key),
        scopes=scopes,
    )


async def find(session: AsyncSession, key: str) -> ApiKey | None:
    """Return the living row of a key."""
    row = (await session.exec(select(ApiKey).where(ApiKey.hash == hash_of(key)))).one_or_none()
    return None if row is None or row.revoked_at is not None else row


async def ensure_first(session: AsyncSession, key: str) -> None:
    """Make the default project and give it `key` with all rights, unless they are there (or the key was revoked)."""
    if await session.get(Project, DEFAULT_PROJECT) is None:
        session.add(Project(id=DEFAULT_PROJECT, name="default"))
        await session.flush()
    if (await session.exec(select(ApiKey.id).where(ApiKey.hash == hash_of(key)))).first() is None:
        session.add(make(DEFAULT_PROJECT, "first key", [Scope.ADMIN], key))
