"""An effect outside, made once: whatever the first try left behind, the second finds out before it acts."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.db.database import Database, sql
from shared.errors import Fenced, ProviderBusy, ProviderRefused, ProviderUnclear
from shared.provider.once import NotYet, find_out, known, once
from shared.work.claim import Lease, settle
from shared.work.outcomes import Done
from tests.integration.shared.provider.shop import (
    LEASE_SECONDS,
    SETTLE_SECONDS,
    Shop,
    again,
    effect,
    leased,
    outcomes,
    pass_time,
)


async def test_what_is_done_is_told_without_a_call(database: Database) -> None:
    shop, lease = Shop(), await leased(database)
    assert await known(database, "create", "job", "p") is None
    assert [await once(database, lease, effect(shop)) for _ in range(3)] == ["made-1"] * 3
    assert (shop.calls, shop.looks) == (1, 0)
    assert await known(database, "create", "job", "p") == "made-1"
    assert await once(database, lease, effect(shop, subject_id="other")) == "made-2"


async def test_done_and_not_told_is_found_and_adopted(database: Database) -> None:
    shop, lease = Shop(["make, then break"]), await leased(database)
    assert isinstance(await once(database, lease, effect(shop)), NotYet)
    assert await once(database, lease, effect(shop)) == "made-1"
    assert (shop.calls, await outcomes(database)) == (1, ["done"])


async def test_of_twins_the_oldest_is_kept_and_the_others_are_undone(database: Database) -> None:
    shop, lease = Shop(["break"], made=["first", "second", "third"]), await leased(database)
    await once(database, lease, effect(shop))
    assert await once(database, lease, effect(shop)) == "first"
    assert shop.undone == ["second", "third"]


@pytest.mark.parametrize(
    ("trouble", "adopted", "remark"),
    [
        (ProviderRefused("it has ended", provider_status=400), True, "a twin that has ended needs no undoing"),
        (ProviderUnclear("no answer"), False, "a twin that may live is tried again, before anything is believed"),
    ],
)
async def test_a_twin_that_cannot_be_undone(
    database: Database,
    trouble: Exception,
    adopted: bool,  # noqa: FBT001
    remark: str,
) -> None:
    async def undo(_made: str) -> None:
        raise trouble

    shop, lease = Shop(["break"], made=["first", "second"]), await leased(database)
    stuck = replace(effect(shop), undo=undo)
    await once(database, lease, stuck)
    if adopted:
        assert await once(database, lease, stuck) == "first", remark
    else:
        with pytest.raises(ProviderUnclear):
            await once(database, lease, stuck)
        assert await outcomes(database) == ["unclear"], remark


async def test_not_found_is_not_believed_until_nothing_can_land_any_more(database: Database) -> None:
    shop, lease = Shop(["break"]), await leased(database)
    await once(database, lease, effect(shop))
    for _ in range(3):
        waiting = await once(database, lease, effect(shop))
        assert isinstance(waiting, NotYet) and 0 < waiting.after <= 30
    assert shop.calls == 1
    await pass_time(database, SETTLE_SECONDS)
    lease = await again(database, lease)
    assert await once(database, lease, effect(shop)) == "made-2"
    assert await once(database, lease, effect(shop)) == "made-2"
    assert (shop.calls, await outcomes(database)) == (2, ["absent", "done"])


async def _absent(database: Database, lease: Lease, shop: Shop) -> Lease:
    """Let a try be unclear, and prove at its next look that it made nothing."""
    shop.plan.append("break")
    assert isinstance(await once(database, lease, effect(shop)), NotYet)
    await pass_time(database, SETTLE_SECONDS)
    lease = await again(database, lease)
    assert await find_out(database, lease, effect(shop)) is None
    return lease


async def test_what_is_unclear_and_absent_time_after_time_is_given_up(database: Database) -> None:
    shop, lease = Shop(), await leased(database)
    for _ in range(3):
        lease = await _absent(database, lease, shop)
    for _ in range(2):
        with pytest.raises(ProviderRefused, match=r"asked 3 times .* Look there for what has job in its name") as told:
            await once(database, lease, effect(shop))
        assert told.value.code == "provider_unclear"
    assert (shop.calls, await outcomes(database)) == (3, ["absent"] * 3)
    assert await find_out(database, lease, effect(shop)) is None, "who only asks whether it happened is told"
    assert await once(database, lease, effect(shop, provider="q")) == "made-4", "another provider is another matter"


async def test_what_one_task_gave_up_the_next_may_try(database: Database) -> None:
    shop, lease = Shop(), await leased(database)
    for _ in range(3):
        lease = await _absent(database, lease, shop)
    # As the upload of a file for a second job is.
    assert await once(database, await leased(database, "another task"), effect(shop)) == "made-4"


async def test_tries_that_never_reached_the_provider_are_not_counted(database: Database) -> None:
    shop, lease = Shop(), await leased(database)
    taken = lease.taken
    lease.taken -= LEASE_SECONDS * 0.7
    for _ in range(4):
        assert isinstance(await once(database, lease, effect(shop)), NotYet)
    lease.taken = taken
    assert await once(database, lease, effect(shop)) == "made-1"


async def test_what_lands_late_is_found_at_the_last_look(database: Database) -> None:
    shop, lease = Shop(["break"]), await leased(database)
    await once(database, lease, effect(shop))
    await pass_time(database, SETTLE_SECONDS)
    shop.made.append("late")
    assert await once(database, await again(database, lease), effect(shop)) == "late"
    assert shop.calls == 1


@pytest.mark.parametrize(("plan", "error"), [("busy", ProviderBusy), ("refuse", ProviderRefused)])
async def test_a_clear_no_may_be_asked_again_at_once(database: Database, plan: str, error: type[Exception]) -> None:
    shop, lease = Shop([plan]), await leased(database)
    with pytest.raises(error):
        await once(database, lease, effect(shop))
    assert await once(database, lease, effect(shop)) == "made-2"
    assert (shop.looks, await outcomes(database)) == (0, ["refused", "done"])


async def test_what_a_living_task_is_at_is_waited_for_and_a_dead_one_s_is_taken_over(database: Database) -> None:
    shop = Shop(["make, then break"])
    first, second = await leased(database, "one"), await leased(database, "two")
    await once(database, first, effect(shop))
    assert isinstance(await once(database, second, effect(shop)), NotYet)
    assert shop.looks == 0
    second = await again(database, second)
    assert await once(database, second, effect(shop)) == "made-1"
    assert (shop.calls, shop.looks) == (1, 1)


async def test_a_task_that_ended_leaves_its_intent_to_others(database: Database) -> None:
    shop = Shop(["make, then break"])
    first, second = await leased(database, "one"), await leased(database, "two")
    await once(database, first, effect(shop))
    await settle(database, first, Done())
    assert await once(database, second, effect(shop)) == "made-1"


async def test_fenced_between_act_and_note_it_writes_nothing_and_the_next_adopts(database: Database) -> None:
    shop, lease = Shop(), await leased(database)

    async def act_and_lose_the_lease() -> str:
        made = await shop.act()
        await pass_time(database, LEASE_SECONDS + 1)
        return made

    with pytest.raises(Fenced):
        await once(database, lease, replace(effect(shop), act=act_and_lose_the_lease))
    assert await outcomes(database) == ["unclear"]
    assert await once(database, await again(database, lease), effect(shop)) == "made-1"
    assert (shop.calls, await outcomes(database)) == (1, ["done"])


async def test_without_its_lease_it_does_not_even_intend(database: Database) -> None:
    shop, lease = Shop(), await leased(database)
    await pass_time(database, LEASE_SECONDS + 1)
    with pytest.raises(Fenced):
        await once(database, lease, effect(shop))
    assert (shop.calls, await outcomes(database)) == (0, [])


async def test_with_too_little_of_its_lease_left_it_does_not_call(database: Database) -> None:
    shop, lease = Shop(), await leased(database)
    lease.taken -= LEASE_SECONDS * 0.7
    assert isinstance(await once(database, lease, effect(shop)), NotYet)
    assert (shop.calls, await outcomes(database)) == (0, ["refused"])


@pytest.mark.parametrize("outcome", ["unclear", "done"])
async def test_two_open_intents_or_two_that_succeeded_cannot_be_written(database: Database, outcome: str) -> None:
    insert = text(
        "INSERT INTO intents (effect, subject_id, provider, work_id, epoch, outcome)"
        " VALUES ('create', 'job', 'p', 1, 1, :outcome)"
    )

    async def write() -> None:
        async with database.begin() as session:
            await sql(session, insert, outcome=outcome)

    await write()
    with pytest.raises(IntegrityError):
        await write()


async def test_of_tasks_that_begin_at_once_one_calls(database: Database) -> None:
    shop = Shop()
    leases = [await leased(database, f"task {n}") for n in range(8)]
    found = await asyncio.gather(*(once(database, lease, effect(shop)) for lease in leases))
    assert shop.calls == 1
    assert {one for one in found if not isinstance(one, NotYet)} == {"made-1"}


async def test_a_task_that_slept_between_reading_and_intending_finds_that_it_was_done(database: Database) -> None:
    shop = Shop()
    sleeper, other = await leased(database, "sleeper"), await leased(database, "other")

    class Slow(Lease):
        async def fence(self, session: Any) -> None:
            # The other's whole effect happens here: after the sleeper saw no intent, before it writes its own.
            await once(database, other, effect(shop))
            await super().fence(session)

    slow = Slow(**{name: getattr(sleeper, name) for name in Lease.__dataclass_fields__})
    assert isinstance(await once(database, slow, effect(shop)), NotYet)
    assert await once(database, sleeper, effect(shop)) == "made-1"
    assert shop.calls == 1


@pytest.mark.parametrize(
    ("prepare", "told", "remark"),
    [
        ([], None, "never tried"),
        (["make"], "made-1", "done"),
        (["make, then break"], "made-1", "done, not told"),
        (["busy"], None, "refused"),
        (["break"], NotYet, "nobody can say yet"),
    ],
)
async def test_finding_out_never_acts(database: Database, prepare: list[str], told: Any, remark: str) -> None:
    shop, lease = Shop(list(prepare)), await leased(database)
    if prepare:
        await _tried(lambda: once(database, lease, effect(shop)))
    calls = shop.calls
    found = await find_out(database, lease, effect(shop))
    assert isinstance(found, NotYet) if told is NotYet else found == told, remark
    if told is NotYet:
        await pass_time(database, SETTLE_SECONDS)
        assert await find_out(database, await again(database, lease), effect(shop)) is None
        assert await outcomes(database) == ["absent"]
    assert shop.calls == calls


async def _tried(what: Callable[[], Any]) -> None:
    try:
        await what()
    except ProviderBusy:
        return
