"""A step that ends as the test tells it, and its row."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from shared.db.database import sql
from shared.runtime import Runtime
from shared.settings import PipelineSettings
from shared.work.claim import Lease
from shared.work.outcomes import Done, GaveUp, Outcome
from shared.work.todo import schedule
from workers.runner import StepSpec

PIPELINE = PipelineSettings(
    lease_seconds=0.9, sweep_seconds=0.1, retry_first_seconds=5, retry_most_seconds=60, attempts=4, concurrency=3
)
KIND = "test.step"


@dataclass
class Step:
    """A step that ends as it is told, and remembers what became of it."""

    ends: list[Outcome | Exception] = field(default_factory=list)
    runs: list[Lease] = field(default_factory=list)
    given_up: list[GaveUp] = field(default_factory=list)
    gives_up: Exception | None = None
    running: asyncio.Event = field(default_factory=asyncio.Event)
    #: While it is not set, the step hangs.
    go: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.go.set()

    async def run(self, _runtime: Runtime, lease: Lease) -> Outcome:
        self.runs.append(lease)
        self.running.set()
        await self.go.wait()
        ended = self.ends.pop(0) if self.ends else Done()
        if isinstance(ended, Exception):
            raise ended
        return ended

    async def give_up(self, _runtime: Runtime, _lease: Lease, outcome: GaveUp) -> None:
        self.given_up.append(outcome)
        if self.gives_up is not None:
            raise self.gives_up

    def steps(self, limit_seconds: float = 60, *, kind: str = KIND, long: bool = False) -> dict[str, StepSpec]:
        return {kind: StepSpec(self.run, self.give_up, limit_seconds, "testing it", long=long)}


async def put(runtime: Runtime, subject: str = "a", kind: str = KIND, **columns: Any) -> int:
    async with runtime.database.begin() as session:
        await schedule(session, kind, subject)
        for name, value in columns.items():
            await sql(session, text(f"UPDATE work_items SET {name} = :value"), value=value)  # noqa: S608
        query = text("SELECT id FROM work_items WHERE subject_id = :subject")
        item_id: int = (await sql(session, query, subject=subject)).scalar_one()
    return item_id


async def row(runtime: Runtime) -> Any:
    query = (
        "SELECT *, extract(epoch FROM run_at - clock_timestamp())::float AS waits FROM work_items WHERE kind = :kind"
    )
    async with runtime.database.begin() as session:
        return (await sql(session, text(query), kind=KIND)).one_or_none()
