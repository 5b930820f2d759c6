"""Whether this process lives, and whether it can do its work."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field

from aiohttp import web
from sqlalchemy import text

from services.gateway.routes import Route, runtime
from shared.db.database import sql
from shared.runtime import Runtime

_PATIENCE_SECONDS = 2.0
#: An answer serves everybody who asks within so many seconds.
_FRESH_SECONDS = 1.0


async def healthz(_request: web.Request) -> web.Response:
    """Answer: that is all it proves. It touches no dependency, so that a database away restarts nobody."""
    return web.json_response({"status": "ok"})


@dataclass
class Last:
    """What was found last, and when (monotonic seconds)."""

    parts: dict[str, str] = field(default_factory=dict)
    at: float = -_FRESH_SECONDS
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


LAST = web.AppKey("last", Last)


async def readyz(request: web.Request) -> web.Response:
    """Say what each dependency answers; 503 when one without which nothing can be accepted does not."""
    last = request.app[LAST]
    # Open to everybody: a crowd of questions is one question to storage and provider.
    async with last.asking:
        if time.monotonic() - last.at >= _FRESH_SECONDS:
            last.parts, last.at = await _ask(runtime(request)), time.monotonic()
        parts = last.parts
    # Work is promised in the database and swept up later: without queue or provider we still accept.
    ready = parts["database"] == parts["storage"] == "ok"
    return web.json_response({"status": "ok" if ready else "unavailable", **parts}, status=200 if ready else 503)


async def _ask(here: Runtime) -> dict[str, str]:
    found = await asyncio.gather(
        _tried(_database(here)), _tried(here.storage.check()), _tried(_queue(here)), _tried(_provider(here))
    )
    return dict(zip(("database", "storage", "queue", "provider"), found, strict=True))


async def _tried(check: Awaitable[None]) -> str:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await check
    except TimeoutError:
        return f"no answer within {_PATIENCE_SECONDS:g} s"
    except Exception as exc:  # noqa: BLE001 (whatever is wrong is what is asked for)
        return f"{type(exc).__name__}"
    return "ok"


async def _database(here: Runtime) -> None:
    async with here.database.begin() as session:
        await sql(session, text("SELECT 1 FROM work_items LIMIT 1"))


async def _queue(here: Runtime) -> None:
    await here.waker.ping()


async def _provider(here: Runtime) -> None:
    await here.provider(here.settings.default_provider).http.json("GET", "/models")


ROUTES = (
    Route("GET", "/healthz", healthz, None),
    Route("GET", "/readyz", readyz, None),
)
