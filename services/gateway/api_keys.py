"""API keys: create (shown once), list, revoke."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import Field, StringConstraints
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway import idempotency
from services.gateway.routes import Route, caller, runtime
from shared.clock import unix
from shared.db.database import server_time
from shared.errors import NotFound
from shared.security import keys
from shared.security.keys import Scope
from shared.security.tables import ApiKey
from shared.wire.lists import page
from shared.wire.parse import Body, parse


class CreateKey(Body):
    """A new key's name and rights."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    scopes: Annotated[list[Annotated[Scope, Field(strict=False)]], Field(min_length=1)]


async def create(request: web.Request) -> web.Response:
    """Make a key in the caller's project; the answer is the only place that ever shows it."""
    raw = await request.read()
    body = parse(CreateKey, raw)
    key = keys.new_key()

    async def act(session: AsyncSession) -> dict[str, Any]:
        row = keys.make(caller(request).project_id, body.name, sorted(set(body.scopes)), key)
        session.add(row)
        await session.flush()
        await session.refresh(row)
        return {**_show(row), "key": key}

    return await idempotency.write(request, act, content=raw)


async def list_keys(request: web.Request) -> web.Response:
    """List the project's living keys, newest first."""
    query = select(ApiKey).where(ApiKey.project_id == caller(request).project_id, col(ApiKey.revoked_at).is_(None))
    async with runtime(request).database.begin() as session:
        found = (await session.exec(query.order_by(col(ApiKey.id).desc()))).all()
    return web.json_response(page([_show(row) for row in found], has_more=False))


async def revoke(request: web.Request) -> web.Response:
    """Revoke a key at once; a revoked one does not come back."""
    key_id = request.match_info["key_id"]
    async with runtime(request).begin() as session:
        row = await session.get(ApiKey, key_id, with_for_update=True)
        if row is None or row.project_id != caller(request).project_id or row.revoked_at is not None:
            raise NotFound(f"No such API key: {key_id}", param="id")
        row.revoked_at = await server_time(session)
        session.add(row)
    return web.json_response({"id": key_id, "object": "api_key", "deleted": True})


def _show(row: ApiKey) -> dict[str, Any]:
    return {
        "id": row.id,
        "object": "api_key",
        "name": row.name,
        "prefix": row.prefix,
        "scopes": row.scopes,
        "created_at": unix(row.created_at),
    }


ROUTES = (
    Route("POST", "/v1/api_keys", create, Scope.ADMIN),
    Route("GET", "/v1/api_keys", list_keys, Scope.ADMIN),
    Route("DELETE", "/v1/api_keys/{key_id}", revoke, Scope.ADMIN),
)
