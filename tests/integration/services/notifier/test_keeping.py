"""The log of deliveries: kept as long as it must be, removed in batches afterwards."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.notifier.doorbell import Doorbell
from services.notifier.keeper import Keeper
from shared.endpoints.queries import CLOCKS
from shared.endpoints.retention import prune

from .stage import House, Receiver, turn

#: A time so short that all there is has been kept for it.
NO_TIME = -timedelta(days=1)


async def test_what_is_old_goes_with_its_attempts_and_its_bytes(house: House, receiver: Receiver) -> None:
    await house.endpoint(receiver.url)
    async with house.notifier() as notifier:
        await house.happen()
        await turn(notifier)
        await asyncio.sleep(0.002)  # ids are made to the millisecond
        young = datetime.now(UTC)
        event = await house.happen()
        await turn(notifier)
    keep = datetime.now(UTC) - young - CLOCKS
    assert await Keeper(house.database, Doorbell(), keep).tidy() is False
    assert [row["event_id"] for row in await house.deliveries()] == [event.id]
    assert len(await house.attempts()) == 1
    assert [row["event_id"] for row in await house.rows("SELECT event_id FROM event_payloads")] == [event.id]


async def test_what_still_waits_is_kept_however_old_it_is(house: House, receiver: Receiver) -> None:
    receiver.answer = 500
    await house.endpoint(receiver.url)
    async with house.notifier() as notifier:
        await house.happen()
        await turn(notifier)
    await Keeper(house.database, Doorbell(), NO_TIME).tidy()
    assert [row["state"] for row in await house.deliveries()] == ["pending"]
    assert len(await house.rows("SELECT event_id FROM event_payloads")) == 1


async def test_nothing_old_is_nothing_to_do(house: House, receiver: Receiver) -> None:
    await house.endpoint(receiver.url)
    async with house.notifier() as notifier:
        await house.happen()
        await turn(notifier)
        assert await notifier.keeper.tidy() is False
    assert len(await house.deliveries()) == 1


async def test_no_batch_is_larger_than_it_may_be(house: House, receiver: Receiver) -> None:
    await house.endpoint(receiver.url)
    async with house.notifier() as notifier:
        for _ in range(3):
            await house.happen()
        await turn(notifier)
    async with house.database.begin() as session:
        # Two deliveries; each of their events has no other, so its bytes go as well.
        assert await prune(session, keep=NO_TIME, limit=2) == 4
    assert len(await house.deliveries()) == 1


@pytest.mark.parametrize(
    ("gone", "how"),
    [
        ("UPDATE webhook_endpoints SET status = 'disabled'", "disabled"),
        ("UPDATE webhook_endpoints SET deleted_at = now()", "deleted"),
    ],
)
async def test_nothing_stays_held_for_an_endpoint_that_was_going_while_the_event_was_fanned_out(
    house: House, receiver: Receiver, gone: str, how: str
) -> None:
    await house.endpoint(receiver.url)
    async with house.notifier() as notifier:
        await house.happen()
        await turn(notifier)
        await house.rows("UPDATE deliveries SET state = 'held', hold = 'digest', run_at = now() + interval '1 hour'")
        await house.rows(gone)
        await notifier.keeper.tidy()
    (dropped,) = await house.deliveries()
    assert (dropped["state"], dropped["hold"]) == ("dropped", None)
    assert dropped["reason"] == f"The endpoint was {how}."
