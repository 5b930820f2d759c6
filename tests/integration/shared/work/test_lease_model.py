"""The real SQL against a small model: two workers, zombies, time that jumps; no two may write, and nothing is lost"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, rule, run_state_machine_as_test
from sqlalchemy import text

from shared.db.database import Database, sql
from shared.errors import Fenced
from shared.work.claim import Lease, claim, settle
from shared.work.outcomes import Again, Done
from shared.work.todo import schedule

T = TypeVar("T")
KIND = "test.step"
#: Seconds; time jumps by tens, so that no lease ends in the instant somebody looks.
LEASE = 15.0


@dataclass
class Row:
    """What the table should hold of a subject."""

    item_id: int
    run_at: float
    lease_until: float | None = None
    epoch: int = 0
    wanted: int = 1

    def is_free(self, now: float) -> bool:
        return self.run_at <= now and (self.lease_until is None or self.lease_until < now)

    def is_held_by(self, lease: Lease) -> bool:
        return (self.item_id, self.epoch) == (lease.id, lease.epoch) and self.lease_until is not None


class Machine(RuleBasedStateMachine):
    """Any order of promises, claims, writes, renewals and ends, by holders living and dead."""

    leases: Bundle[Lease] = Bundle("leases")
    database: Database
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.rows: dict[str, Row] = {}
        self._sql("TRUNCATE work_items")

    @rule(subject=st.sampled_from("ab"), after=st.sampled_from([0, 10, 30]))
    def promise(self, subject: str, after: int) -> None:
        item_id = self._run(self._schedule(subject, after))
        if found := self.rows.get(subject):
            found.run_at, found.wanted = min(found.run_at, self.now + after), found.wanted + 1
            assert item_id == found.item_id
        else:
            self.rows[subject] = Row(item_id, self.now + after)

    @rule(target=leases, subject=st.sampled_from("ab"), owner=st.sampled_from(["one", "two"]))
    def claim(self, subject: str, owner: str) -> Any:
        row = self.rows.get(subject)
        if row is None:
            return multiple()
        lease = self._run(claim(self.database, row.item_id, [KIND], owner=owner, lease_seconds=LEASE))
        assert (lease is not None) is row.is_free(self.now)
        if lease is None:
            return multiple()
        row.epoch, row.lease_until = row.epoch + 1, self.now + LEASE
        assert (lease.epoch, lease.wanted) == (row.epoch, row.wanted)
        return lease

    @rule(lease=leases)
    def write(self, lease: Lease) -> None:
        row = self.rows.get(lease.subject_id)
        allowed = row is not None and row.is_held_by(lease) and (row.lease_until or 0) > self.now
        assert self._accepted(self._fence(lease)) is allowed

    @rule(lease=leases)
    def renew(self, lease: Lease) -> None:
        row = self.rows.get(lease.subject_id)
        allowed = row is not None and row.is_held_by(lease)
        assert self._accepted(lease.renew(self.database)) is allowed
        if allowed and row:
            row.lease_until = self.now + LEASE

    @rule(lease=consumes(leases) | leases, outcome=st.sampled_from([Done(), Again(0), Again(10)]))
    def settle(self, lease: Lease, outcome: Done | Again) -> None:
        row = self.rows.get(lease.subject_id)
        allowed = row is not None and row.is_held_by(lease)
        assert self._accepted(settle(self.database, lease, outcome)) is allowed
        if not allowed or row is None:
            return
        if outcome == Done() and row.wanted == lease.wanted:
            del self.rows[lease.subject_id]
        else:
            after = outcome.after if isinstance(outcome, Again) and row.wanted == lease.wanted else 0
            row.lease_until, row.run_at = None, self.now + after

    @rule(seconds=st.sampled_from([10, 20]))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        by = f"interval '{seconds} seconds'"
        self._sql(f"UPDATE work_items SET run_at = run_at - {by}, lease_until = lease_until - {by}")  # noqa: S608 (a number of ours)

    def teardown(self) -> None:
        """Everything that is still wanted can be taken and done, once time has passed; nothing else is there."""
        self.wait(20)
        self.wait(20)
        for row in self.rows.values():
            lease = self._run(claim(self.database, row.item_id, [KIND], owner="last", lease_seconds=LEASE))
            assert lease is not None
            self._run(settle(self.database, lease, Done()))
        assert self._run(self._count()) == 0

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def _accepted(self, work: Coroutine[Any, Any, None]) -> bool:
        try:
            self._run(work)
        except Fenced:
            return False
        return True

    def _sql(self, statement: str) -> None:
        async def run() -> None:
            async with self.database.begin() as session:
                await sql(session, text(statement))

        self._run(run())

    async def _schedule(self, subject: str, after: float) -> int:
        async with self.database.begin() as session:
            await schedule(session, KIND, subject, after=after)
            found = await sql(session, text("SELECT id FROM work_items WHERE subject_id = :subject"), subject=subject)
            item_id: int = found.scalar_one()
            return item_id

    async def _fence(self, lease: Lease) -> None:
        async with self.database.begin() as session:
            await lease.fence(session)

    async def _count(self) -> int:
        async with self.database.begin() as session:
            count: int = (await sql(session, text("SELECT count(*) FROM work_items"))).scalar_one()
            return count


@pytest.mark.timeout(120)
def test_the_table_does_what_the_model_says(database_url: str) -> None:
    with asyncio.Runner() as runner:
        database = Database(database_url)
        bound = type("Bound", (Machine,), {"database": database, "runner": runner})
        few = settings(max_examples=60, stateful_step_count=25, suppress_health_check=list(HealthCheck))
        try:
            run_state_machine_as_test(bound, settings=few)
        finally:
            runner.run(database.close())
