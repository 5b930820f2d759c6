"""A database with endpoints and deliveries, and a notifier beside it as production runs it"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import text

from benchmarks.sending.receivers import Receivers
from migrations.run import upgrade
from shared.db.database import Database, sql
from shared.endpoints import registry
from shared.events.catalogue import EventType
from shared.security.secrets_at_rest import KeyRing
from shared.security.tables import Project
from tests.servers import start_servers

#: Each endpoint is in a project of its own, so that an event is one delivery.
PROJECT = "proj_bench"
_BATCH = 20_000
#: About as long as a job that GET shows.
DATA = {"object": "fine_tuning.job", "status": "succeeded", "stages": ["a stage with a time"] * 60}
BODY = json.dumps({"object": "event", "type": EventType.JOB_SUCCEEDED, "data": DATA}).encode()

_DELIVERIES = """
    WITH numbers AS (SELECT n, 'evt_' || :name || lpad(n::text, 9, '0') AS event_id
                     FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n),
    bodies AS (INSERT INTO event_payloads (event_id, event_type, body)
               SELECT event_id, 'fine_tuning.job.succeeded', :body FROM numbers)
    INSERT INTO deliveries (id, event_id, endpoint_id, state, fresh, finished_at)
    SELECT 'dlv_' || :name || lpad(n::text, 9, '0'), event_id, (CAST(:endpoints AS text[]))[1 + n % :over],
           :state, :fresh, CASE WHEN :state = 'pending' THEN NULL ELSE clock_timestamp() END
    FROM numbers
"""
_EVENTS = """
    WITH made AS (INSERT INTO events (id, project_id, type, subject_id, sequence, data)
        SELECT 'evt_' || :name || lpad(n::text, 9, '0'), :project || (n % :over), 'fine_tuning.job.succeeded',
               'ftjob-' || :name || n, 1, CAST(:data AS jsonb)
        FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n RETURNING id)
    INSERT INTO work_items (kind, subject_id) SELECT 'event.fanout', id FROM made
"""


def _batches(count: int) -> Iterator[tuple[int, int]]:
    """Yield first and last of batches that each end well within a statement's time."""
    return ((first, min(first + _BATCH, count + 1) - 1) for first in range(1, count + 1, _BATCH))


@dataclass
class House:
    """A database, the endpoints in it, and what a measurement does to them."""

    database: Database
    url: str
    key: str = field(default_factory=lambda: Fernet.generate_key().decode())
    endpoints: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    async def rows(self, query: str, **params: Any) -> list[Any]:
        async with self.database.begin() as session:
            result = await sql(session, text(query), **params)
            return list(result.all()) if result.returns_rows else []

    async def fill(self, name: str, count: int, *, state: str = "pending", fresh: bool = True) -> None:
        """Write deliveries over all endpoints, as the fan-out would have made them."""
        fields = {"endpoints": self.endpoints, "over": len(self.endpoints), "state": state, "fresh": fresh}
        for first, last in _batches(count):
            await self.rows(_DELIVERIES, name=name, first=first, last=last, body=BODY, **fields)

    async def happen(self, name: str, count: int) -> None:
        """Write events with the work that follows from them."""
        fields = {"project": PROJECT, "over": len(self.endpoints), "data": json.dumps(DATA)}
        for first, last in _batches(count):
            await self.rows(_EVENTS, name=name, first=first, last=last, **fields)

    async def clear(self) -> None:
        """Forget every event and delivery, and what was learned of endpoints."""
        await self.rows("TRUNCATE delivery_attempts, deliveries, event_payloads, events, work_items CASCADE")
        await self.rows("UPDATE webhook_endpoints SET failing_since = NULL, slow_seconds = NULL, slowed_until = NULL")

    async def furnish(self, receivers: Receivers, endpoints: int) -> None:
        """Write a project and an endpoint for each receiver."""
        ring = KeyRing([self.key])
        types = [EventType.JOB_SUCCEEDED]
        async with self.database.begin() as session:
            for number in range(endpoints):
                project = f"{PROJECT}{number}"
                session.add(Project(id=project, name="bench"))
                await session.flush()
                fields = {"name": "bench", "url": receivers.url(number), "event_types": types}
                made, secret = await registry.create(session, ring, project, **fields)
                self.endpoints.append(made.id)
                self.secrets.append(secret or "")


@asynccontextmanager
async def open_house(folder: Path, receivers: Receivers, endpoints: int) -> AsyncIterator[House]:
    """Start a PostgreSQL with fsync on, and furnish it."""
    with start_servers(folder, durable=True) as servers:
        url = servers.database_url("bench")
        await asyncio.to_thread(upgrade, url)
        database = Database(url)
        try:
            house = House(database, url)
            await house.furnish(receivers, endpoints)
            yield house
        finally:
            await database.close()


@dataclass
class Running:
    """A notifier's process."""

    process: subprocess.Popen[bytes]

    def cpu(self) -> float:
        """Return the seconds of a core it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Return the most memory it ever held, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024

    def end(self, how: signal.Signals) -> None:
        """Send it a signal and wait until it has ended."""
        self.process.send_signal(how)
        self.process.wait(30)


@contextmanager
def notifier(house: House, log: Path) -> Iterator[Running]:
    """Run `tuneyard notifier` in a process of its own; its lines go to `log`."""
    environment = {
        **os.environ,
        "TUNEYARD_DATABASE_URL": house.url,
        "TUNEYARD_REDIS_URL": "redis://127.0.0.1:9",
        "TUNEYARD_STORAGE_URL": "memory://",
        "TUNEYARD_SECRET_KEYS": house.key,
        "TUNEYARD_PROVIDERS__DEFAULT__BASE_URL": "http://127.0.0.1:9",
        "TUNEYARD_PROVIDERS__DEFAULT__API_KEY": "none",
        "TUNEYARD_ALLOW_LOOPBACK": "true",
    }
    command = [sys.executable, "-m", "services.cli.parts", "notifier"]
    with log.open("ab") as lines:
        running = Running(subprocess.Popen(command, env=environment, stderr=lines))
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.end(signal.SIGTERM)


async def until_arrived(count: int, receivers: Receivers) -> None:
    """Wait until so many requests arrived; raise TimeoutError when they are too slow even for a busy machine."""
    seconds = 120 + count / 100
    deadline = time.monotonic() + seconds
    while (arrived := await asyncio.to_thread(receivers.count)) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{arrived:,} of {count:,} arrived within {seconds:.0f} s")
        await asyncio.sleep(0.05)
