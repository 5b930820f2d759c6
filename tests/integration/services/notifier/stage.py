"""What the tests of the notifier stand on: a house with a database, receivers, a notifier that is turned by hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from sqlalchemy import text

from services.notifier.app import Notifier, open_notifier
from shared.db.database import Database, sql
from shared.endpoints import registry
from shared.events.catalogue import EventType
from shared.events.record import record
from shared.events.tables import Event
from shared.security.reach import Reach
from shared.security.secrets_at_rest import KeyRing
from shared.wire import ids

PROJECT = "proj_default"
OTHER = "proj_other"
#: Receivers of the tests are on this machine.
HERE = Reach(loopback=True)
Answer = Callable[[web.Request], Any]


@dataclass
class Hit:
    """One request that a receiver got."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A real HTTP server that answers as told: a status, or a handler."""

    answer: int | Answer = 200
    hits: list[Hit] = field(default_factory=list)
    url: str = ""
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        hit = Hit({name.lower(): value for name, value in request.headers.items()}, await request.read())
        async with self.arrived:
            self.hits.append(hit)
            self.arrived.notify_all()
        if callable(self.answer):
            response: web.StreamResponse = await self.answer(request)
            return response
        return web.Response(status=self.answer, text="said")

    async def wait_for(self, count: int, seconds: float = 10) -> list[Hit]:
        async with asyncio.timeout(seconds), self.arrived:
            await self.arrived.wait_for(lambda: len(self.hits) >= count)
        return self.hits


@asynccontextmanager
async def receiving(answer: int | Answer = 200) -> AsyncIterator[Receiver]:
    """Serve a receiver on a free port of this machine."""
    receiver = Receiver(answer)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    receiver.url = f"http://127.0.0.1:{port}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@dataclass
class House:
    """A database, a key ring, and what a test does to them."""

    database: Database
    ring: KeyRing
    #: What opens another connection of the same kind, for a second process.
    url: str

    async def endpoint(self, url: str, *types: str, project: str = PROJECT) -> tuple[str, str]:
        """Make an endpoint and return its id and secret."""
        async with self.database.begin() as session:
            made, secret = await registry.create(
                session, self.ring, project, name="test", url=url, event_types=list(types or [EventType.JOB_SUCCEEDED])
            )
        assert secret is not None
        return made.id, secret

    async def happen(self, kind: EventType = EventType.JOB_SUCCEEDED, project: str = PROJECT, **data: Any) -> Event:
        """Record an event of a new subject."""
        subject = ids.new("ftjob-")
        async with self.database.begin() as session:
            return await record(
                session,
                kind,
                project_id=project,
                subject_id=subject,
                data={"id": subject, "object": "fine_tuning.job", **data},
            )

    async def rows(self, query: str, **params: Any) -> list[dict[str, Any]]:
        """Run a statement and return its rows."""
        async with self.database.begin() as session:
            result = await sql(session, text(query), **params)
            return [dict(row) for row in result.mappings()] if result.returns_rows else []

    async def deliveries(self) -> list[dict[str, Any]]:
        return await self.rows("SELECT * FROM deliveries ORDER BY id")

    async def attempts(self) -> list[dict[str, Any]]:
        return await self.rows("SELECT * FROM delivery_attempts ORDER BY delivery_id, number")

    async def make_due(self) -> None:
        """Let the time of every wait have passed."""
        await self.rows("UPDATE deliveries SET run_at = now() - interval '1 second' WHERE state = 'pending'")
        await self.rows("UPDATE webhook_endpoints SET slowed_until = now() - interval '1 hour'")

    @asynccontextmanager
    async def notifier(self, reach: Reach = HERE, *, total_seconds: float = 30) -> AsyncIterator[Notifier]:
        """A notifier whose loop does not run: the test turns it with `turn`."""
        async with open_notifier(self.database, self.ring, reach, total_seconds=total_seconds) as notifier:
            recording = asyncio.create_task(notifier.recorder.run())
            try:
                yield notifier
            finally:
                recording.cancel()

    def running(self) -> AbstractAsyncContextManager[Notifier]:
        """A notifier that works by itself, and hears of events."""
        return working_notifier(self.database, self.ring)


@asynccontextmanager
async def working_notifier(database: Database, ring: KeyRing) -> AsyncIterator[Notifier]:
    """Run a notifier that may send to this machine; yield when it hears of events."""
    async with open_notifier(database, ring, HERE) as notifier:
        work = asyncio.create_task(notifier.run())
        try:
            async with asyncio.timeout(10):
                await notifier.bell.heard.wait()
            yield notifier
        finally:
            notifier.stop()
            await work


async def turn(notifier: Notifier, seconds: float = 30) -> None:
    """Fan out, send all that is due, and write down how it ended."""
    while await notifier.look():
        pass
    await notifier.drain.finish(seconds)
    await notifier.recorder.flush()


def payload(hit: Hit) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(hit.body)
    return decoded
