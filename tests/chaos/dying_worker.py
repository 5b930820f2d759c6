"""A worker process that kills itself with SIGKILL at one named point."""

import asyncio
import dataclasses
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from shared import log
from shared.db.database import Database
from shared.provider.client import Provider
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from shared.storage.store import Storage, Stored
from shared.work.claim import Lease
from shared.work.outcomes import Outcome
from workers.app import working
from workers.runner import StepSpec
from workers.steps import STEPS

_CALLS = (
    "upload",
    "create_job",
    "job",
    "events",
    "content",
    "checkpoints",
    "answers",
    "cancel",
    "delete_file",
    "delete_model",
)
_step: ContextVar[str] = ContextVar("step", default="")
_commits: ContextVar[list[None]] = ContextVar("commits")


class Grave:
    """Knows the one point at which this process ends."""

    def __init__(self, step: str, point: str) -> None:
        self.step, self.point = step, point

    def reached(self, point: str) -> None:
        if (_step.get(), point) == (self.step, self.point):
            os.kill(os.getpid(), signal.SIGKILL)


class DyingDatabase(Database):
    """Counts the transactions of a step; may die right before or right after the n-th commits."""

    grave: Grave

    @asynccontextmanager
    async def begin(self, *, durable: bool = True) -> AsyncIterator[AsyncSession]:
        assert durable, "a worker's transactions are on the disk when they are committed"
        number = len(_commits.get([])) + 1
        _commits.get([]).append(None)
        async with self._sessions() as session, session.begin():
            yield session
            self.grave.reached(f"commit {number} before")
        self.grave.reached(f"commit {number} after")


class DyingStorage(Storage):
    """May die before an object is written, in the middle of it and after; and right after one is gone."""

    grave: Grave

    async def put(self, name: str, chunks: AsyncIterator[bytes]) -> Stored:
        self.grave.reached("put before")
        stored = await super().put(name, self._broken_off(chunks))
        self.grave.reached("put after")
        return stored

    async def _broken_off(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            yield chunk
            self.grave.reached("put half")

    async def delete(self, name: str) -> None:
        await super().delete(name)
        self.grave.reached("bytes gone")


class DyingProvider(Provider):
    """May die right before a call is sent or right after it was answered."""

    grave: Grave

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in _CALLS:
            return found

        async def call(*args: Any, **kwargs: Any) -> Any:
            self.grave.reached(f"{name} before")
            answer = await found(*args, **kwargs)
            self.grave.reached(f"{name} after")
            return answer

        return call


def armed(runtime: Runtime, grave: Grave) -> Runtime:
    """Return the runtime with database, storage and providers that may die."""
    database = DyingDatabase(runtime.settings.database_url)
    database.grave = grave
    storage = DyingStorage(runtime.settings.storage_url)
    storage.grave = grave
    providers: dict[str, Provider] = {}
    for name, provider in runtime.providers.items():
        dying = DyingProvider(name, provider.settings, provider.http)
        dying.grave = grave
        providers[name] = dying
    return dataclasses.replace(runtime, database=database, storage=storage, providers=providers)


def watched(kind: str, spec: StepSpec, grave: Grave) -> StepSpec:
    """Return the step with points at its beginning and its end."""

    async def run(runtime: Runtime, lease: Lease) -> Outcome:
        _step.set(kind)
        _commits.set([])
        grave.reached("start")
        outcome = await spec.run(runtime, lease)
        grave.reached("end")
        return outcome

    return dataclasses.replace(spec, run=run)


def work_until_death(settings: Settings, step: str, point: str, log_file: str) -> None:
    """The body of the process. It ends at the point, or never."""
    with open(log_file, "a") as lines:  # noqa: PTH123
        os.dup2(lines.fileno(), 2)
    log.configure("dying-worker", "info", "json")
    asyncio.run(_work(settings, Grave(step, point)))


async def _work(settings: Settings, grave: Grave) -> None:
    steps = {kind: watched(kind, spec, grave) for kind, spec in STEPS.items()}
    async with open_runtime(settings) as runtime, working(armed(runtime, grave), steps):
        await asyncio.Event().wait()
