"""Answer a repeated POST with the first answer: the key commits together with what the request did."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from aiohttp import web
from sqlalchemy import func, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.routes import caller, runtime
from shared.db.database import sql
from shared.security.tables import IdempotencyKey
from shared.wire.errors import ApiError
from shared.wire.storable import is_storable

Act = Callable[[AsyncSession], Awaitable[dict[str, Any]]]
#: A few of the expired rows go with each keyed request; nothing else has to remember to do it.
_EXPIRE = text("""
    DELETE FROM idempotency_keys WHERE (project_id, key) IN (
        SELECT project_id, key FROM idempotency_keys
        WHERE created_at < clock_timestamp() - interval '24 hours'
        ORDER BY (project_id, key) = (:project_id, :key) DESC LIMIT 50 FOR UPDATE SKIP LOCKED)
""")


async def write(request: web.Request, act: Act, *, content: bytes | str, status: int = 200) -> web.Response:
    """Run `act` in one transaction and answer with what it returns; with an Idempotency-Key, once in 24 hours.

    Two requests with one key at the same time: the second waits for the first, and gives its answer.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        async with runtime(request).begin() as session:
            body = await act(session)
        return web.json_response(body, status=status)
    if not is_storable(key):
        raise ApiError("Idempotency-Key holds bytes that are no UTF-8.")
    if not 1 <= len(key) <= 255:
        raise ApiError(f"Idempotency-Key must have 1 to 255 characters; it has {len(key)}.")
    fingerprint = _fingerprint(request, content)
    return await _first(request, key, fingerprint) or await _write(request, act, key, fingerprint, status)


async def _write(request: web.Request, act: Act, key: str, fingerprint: str, status: int) -> web.Response:
    ring = runtime(request).ring
    try:
        async with runtime(request).begin() as session:
            body = await act(session)
            await sql(session, _EXPIRE, project_id=caller(request).project_id, key=key)
            session.add(
                IdempotencyKey(
                    project_id=caller(request).project_id,
                    key=key,
                    fingerprint=fingerprint,
                    status=status,
                    answer=ring.encrypt(json.dumps(body)),
                )
            )
            await session.flush()
    except IntegrityError as exc:
        if (answer := await _first(request, key, fingerprint)) is None:
            raise exc from None
        return answer
    return web.json_response(body, status=status)


async def _first(request: web.Request, key: str, fingerprint: str) -> web.Response | None:
    async with runtime(request).database.begin() as session:
        mine = select(IdempotencyKey).where(IdempotencyKey.project_id == caller(request).project_id)
        kept = col(IdempotencyKey.created_at) > func.clock_timestamp() - timedelta(hours=24)
        found = (await session.exec(mine.where(IdempotencyKey.key == key, kept))).one_or_none()
    if found is None:
        return None
    if found.fingerprint != fingerprint:
        raise ApiError(
            f"The Idempotency-Key {key!r} was used with another request. Take a new key for a new request.",
            status=422,
            code="idempotency_key_reused",
        )
    body = runtime(request).ring.decrypt(found.answer)
    headers = {"idempotent-replayed": "true"}
    return web.Response(text=body, status=found.status, content_type="application/json", headers=headers)


def _fingerprint(request: web.Request, content: bytes | str) -> str:
    raw = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + raw).hexdigest()
