"""One row, many hands: claimed by one, fenced by its epoch, never forgotten while it is wanted."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from shared.db.database import Database, sql
from shared.errors import Fenced
from shared.work.claim import Lease, claim, due, settle, strike
from shared.work.outcomes import Again, Done
from shared.work.todo import schedule, take_wakes

KIND = "test.step"
LEASE_SECONDS = 100.0


async def put(database: Database, subject: str = "a", *, after: float = 0, kind: str = KIND) -> int:
    async with database.begin() as session:
        await schedule(session, kind, subject, after=after)
        query = text("SELECT id FROM work_items WHERE kind = :kind AND subject_id = :subject")
        number: int = (await sql(session, query, kind=kind, subject=subject)).scalar_one()
    return number


async def take(database: Database, item_id: int, owner: str = "me") -> Lease | None:
    return await claim(database, item_id, [KIND], owner=owner, lease_seconds=LEASE_SECONDS)


async def taken(database: Database, item_id: int) -> Lease:
    lease = await take(database, item_id)
    assert lease is not None
    return lease


async def row(database: Database) -> Any:
    query = "SELECT *, run_at - clock_timestamp() <= '0' AS is_due FROM work_items"
    async with database.begin() as session:
        return (await sql(session, text(query))).one_or_none()


async def pass_time(database: Database, seconds: float) -> None:
    async with database.begin() as session:
        move = "UPDATE work_items SET run_at = run_at - :by, lease_until = lease_until - :by"
        await sql(session, text(move.replace(":by", "make_interval(secs => :by)")), by=float(seconds))


async def test_of_twenty_that_ask_at_once_one_gets_the_row(database: Database) -> None:
    item = await put(database)
    found = await asyncio.gather(*(take(database, item, f"worker {n}") for n in range(20)))
    assert len([lease for lease in found if lease]) == 1
    assert (await row(database)).epoch == 1


async def test_a_worker_thought_dead_can_write_nothing(database: Database) -> None:
    item = await put(database)
    zombie = await taken(database, item)
    await pass_time(database, LEASE_SECONDS + 1)
    heir = await taken(database, item)
    assert heir.epoch == zombie.epoch + 1
    before = await row(database)
    for attempt in (
        settle(database, zombie, Done()),
        settle(database, zombie, Again(5)),
        settle(database, zombie, Again(5), error="x"),
        zombie.renew(database),
        _fence(database, zombie),
    ):
        with pytest.raises(Fenced, match=r"test\.step a \(epoch 1\)"):
            await attempt
    after = await row(database)
    assert (after.epoch, after.lease_until, after.run_at) == (before.epoch, before.lease_until, before.run_at)
    await settle(database, heir, Done())


async def _fence(database: Database, lease: Lease) -> None:
    async with database.begin() as session:
        await lease.fence(session)


async def test_what_a_fenced_transaction_wrote_before_is_undone(database: Database) -> None:
    zombie = await taken(database, await put(database))
    await pass_time(database, LEASE_SECONDS + 1)

    async def write() -> None:
        async with database.begin() as session:
            await schedule(session, KIND, "from the grave")
            await zombie.fence(session)

    with pytest.raises(Fenced):
        await write()
    assert (await row(database)).subject_id == "a"


async def test_a_lease_that_has_run_out_fences_even_before_somebody_takes_the_row(database: Database) -> None:
    lease = await taken(database, await put(database))
    await _fence(database, lease)
    await pass_time(database, LEASE_SECONDS + 1)
    with pytest.raises(Fenced):
        await _fence(database, lease)


async def test_renewed_in_time_it_goes_on(database: Database) -> None:
    item = await put(database)
    lease = await taken(database, item)
    await pass_time(database, LEASE_SECONDS - 10)
    await lease.renew(database)
    await pass_time(database, LEASE_SECONDS - 10)
    assert await take(database, item, "other") is None
    assert 0 < lease.left() <= LEASE_SECONDS
    await settle(database, lease, Done())


async def test_a_renewal_that_comes_after_the_row_was_put_off_leases_it_to_nobody(database: Database) -> None:
    item = await put(database)
    lease = await taken(database, item)
    await settle(database, lease, Again(0))
    with pytest.raises(Fenced):
        await lease.renew(database)
    assert await take(database, item, "other") is not None


@pytest.mark.parametrize("second", [Done(), Again(60)])
@pytest.mark.parametrize("first", [Done(), Again(0)])
async def test_a_row_is_settled_once(database: Database, first: Done | Again, second: Done | Again) -> None:
    lease = await taken(database, await put(database))
    await settle(database, lease, first)
    with pytest.raises(Fenced):
        await settle(database, lease, second)
    assert (await row(database) is None) is (first == Done())


@pytest.mark.parametrize(
    ("outcome", "error"),
    [(Done(), None), (Again(3600), None), (Again(3600), "refused")],
    ids=["done", "again", "retry"],
)
async def test_asked_for_while_it_runs_it_runs_again_at_once(
    database: Database, outcome: Done | Again, error: str | None
) -> None:
    item = await put(database)
    lease = await taken(database, item)
    assert await put(database) == item
    await settle(database, lease, outcome, error=error, attempts=9)
    assert (await row(database)).is_due
    again = await taken(database, item)
    await settle(database, again, Done())
    assert await row(database) is None


async def test_asked_for_again_it_comes_earlier_and_never_later(database: Database) -> None:
    item = await put(database, after=100)
    first = (await row(database)).run_at
    await put(database, after=200)
    assert (await row(database)).run_at == first
    assert await take(database, item) is None
    await put(database, after=0)
    assert (await row(database)).is_due
    assert await take(database, item) is not None


async def test_another_program_s_kinds_are_left_alone(database: Database) -> None:
    item = await put(database, kind="event.fanout")
    assert await take(database, item) is None
    assert await due(database, [KIND]) == []
    assert (await row(database)).epoch == 0


async def test_due_rows_come_longest_due_first_and_leased_ones_not_at_all(database: Database) -> None:
    items = [await put(database, subject) for subject in "abc"]
    await put(database, "later", after=60)
    await taken(database, items[1])
    assert [found.id for found in await due(database, [KIND])] == [items[0], items[2]]
    assert [found.id for found in await due(database, [KIND], limit=1)] == [items[0]]
    await pass_time(database, LEASE_SECONDS + 1)
    assert [(found.id, found.epoch) for found in await due(database, [KIND])][:2] == [(items[0], 0), (items[1], 1)]


@pytest.mark.parametrize(
    ("error", "attempts", "remembered", "remark"),
    [
        (None, 0, 0, "coming back is part of the step"),
        ("ours", 3, 3, "each try counts"),
        ("theirs", 2, 2, "no more than this is held against it"),
    ],
)
async def test_attempts_are_forgiven_or_counted(
    database: Database, error: str | None, attempts: int, remembered: int, remark: str
) -> None:
    item = await put(database)
    for _ in range(3):
        lease = await taken(database, item)
        await settle(database, lease, Again(0), error=error, attempts=attempts)
    found = await row(database)
    assert (found.attempt, found.last_error) == (remembered, error), remark


async def test_a_wake_up_is_taken_only_for_what_is_due_and_told_only_once(database: Database) -> None:
    async with database.begin() as session:
        await schedule(session, KIND, "now")
        await schedule(session, KIND, "later", after=60)
        await schedule(session, KIND, "silent", wake=False)
        assert len(take_wakes(session)) == 1
        assert take_wakes(session) == []


async def test_what_is_struck_out_in_a_transaction_that_breaks_is_still_there(database: Database) -> None:
    for subject in "abc":
        await put(database, subject)

    async def strike_and_break() -> None:
        async with database.begin() as session:
            assert await strike(session, KIND, 2) == ["a", "b"]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await strike_and_break()
    async with database.begin() as session:
        assert await strike(session, KIND, 9) == ["a", "b", "c"]
    assert await row(database) is None


async def test_two_that_strike_at_once_share_the_rows(database: Database) -> None:
    for number in range(40):
        await put(database, f"{number:02}")

    async def some() -> list[str]:
        async with database.begin() as session:
            return await strike(session, KIND, 10)

    found = await asyncio.gather(*(some() for _ in range(4)))
    struck = sorted(subject for part in found for subject in part)
    assert struck == sorted(set(struck)) and len(struck) >= 10
