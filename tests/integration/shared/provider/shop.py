"""A provider in one list, and the hands of a worker over a real work list: what tests of effects need."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from shared.db.database import Database, sql
from shared.errors import ProviderBusy, ProviderRefused, ProviderUnclear
from shared.provider.once import Effect
from shared.work.claim import Lease, claim
from shared.work.todo import schedule

SETTLE_SECONDS = 60.0
LEASE_SECONDS = 100.0


@dataclass
class Shop:
    """A provider in one list: each act does the next of `plan`, and what is made stands in `made`, oldest first."""

    plan: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    calls: int = 0
    looks: int = 0

    async def act(self) -> str:
        self.calls += 1
        what = self.plan.pop(0) if self.plan else "make"
        if what in ("make", "make, then break"):
            self.made.append(f"made-{self.calls}")
        match what:
            case "busy":
                raise ProviderBusy("come back", retry_after=1)
            case "refuse":
                raise ProviderRefused("never", provider_status=400)
            case "break" | "make, then break":
                raise ProviderUnclear("the connection broke")
        return self.made[-1]

    async def look(self) -> list[str]:
        self.looks += 1
        return list(self.made)

    async def undo(self, made: str) -> None:
        self.undone.append(made)


def effect(shop: Shop, **more: Any) -> Effect:
    asked = {"name": "create", "subject_id": "job", "provider": "p", "settle_seconds": SETTLE_SECONDS, **more}
    return Effect(act=shop.act, look=shop.look, undo=shop.undo, **asked)


async def leased(database: Database, subject: str = "job", owner: str = "me") -> Lease:
    async with database.begin() as session:
        await schedule(session, "test.step", subject)
        query = text("SELECT id FROM work_items WHERE subject_id = :subject")
        item_id = (await sql(session, query, subject=subject)).scalar_one()
    lease = await claim(database, item_id, ["test.step"], owner=owner, lease_seconds=LEASE_SECONDS)
    assert lease is not None
    return lease


async def pass_time(database: Database, seconds: float) -> None:
    by = "make_interval(secs => :by)"
    async with database.begin() as session:
        await sql(session, text(f"UPDATE intents SET intended_at = intended_at - {by}"), by=seconds)  # noqa: S608
        await sql(session, text(f"UPDATE work_items SET lease_until = lease_until - {by}"), by=seconds)  # noqa: S608


async def again(database: Database, lease: Lease) -> Lease:
    """Return the next lease of the same row, as after the holder's death."""
    await pass_time(database, LEASE_SECONDS + 1)
    async with database.begin() as session:
        back = "UPDATE intents SET intended_at = intended_at + make_interval(secs => :by)"
        await sql(session, text(back), by=LEASE_SECONDS + 1)
    found = await claim(database, lease.id, ["test.step"], owner="heir", lease_seconds=LEASE_SECONDS)
    assert found is not None
    return found


async def outcomes(database: Database) -> list[str]:
    async with database.begin() as session:
        return [row[0] for row in await sql(session, text("SELECT outcome FROM intents ORDER BY id"))]
