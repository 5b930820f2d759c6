"""Digests: what was collected is one message, each event in one of them, a digest never inside another."""

import asyncio

from shared.endpoints import digests

from .stage import House, Receiver, payload, turn
from .wishing import DONE, FAILED, asks, change, time_has_come


async def test_a_digest_is_one_message_of_all_that_was_collected(house: House, receiver: Receiver) -> None:
    endpoint_id = await asks(house, receiver, digest_minutes=30)
    async with house.notifier() as notifier:
        events = [await house.happen(DONE), await house.happen(FAILED)]
        await turn(notifier)
        events.append(await house.happen(DONE))
        await turn(notifier)
        rows = await house.deliveries()
        assert {(row["state"], row["hold"]) for row in rows} == {("held", "digest")}
        assert len({row["run_at"] for row in rows}) == 1  # the first says when; those behind it join
        assert receiver.hits == []
        assert await time_has_come(house, notifier) == 1
        await turn(notifier)
    (hit,) = receiver.hits
    told = payload(hit)
    assert (told["type"], told["data"]["id"], told["data"]["count"]) == ("digest", endpoint_id, 3)
    assert [event["id"] for event in told["data"]["events"]] == [event.id for event in events]
    *merged, digest = await house.deliveries()
    assert {(row["state"], row["merged_into"]) for row in merged} == {("merged", digest["id"])}
    assert (digest["state"], digest["origin"]) == ("delivered", "digest")


async def test_a_digest_of_one_is_that_event(house: House, receiver: Receiver) -> None:
    await asks(house, receiver, digest_minutes=30)
    async with house.notifier() as notifier:
        event = await house.happen(DONE)
        await turn(notifier)
        assert await time_has_come(house, notifier) == 1
        await turn(notifier)
    assert [payload(hit)["type"] for hit in receiver.hits] == [event.type]


async def test_two_notifiers_send_a_digest_once(house: House, receiver: Receiver) -> None:
    await asks(house, receiver, digest_minutes=30)
    async with house.notifier() as one, house.notifier() as other:
        for _ in range(5):
            await house.happen(DONE)
        await turn(one)
        await house.rows("UPDATE deliveries SET run_at = now() - interval '1 second' WHERE state = 'held'")
        assert sum(await asyncio.gather(one.keeper.release(), other.keeper.release())) == 1
        await turn(one)
        await turn(other)
    assert len(receiver.hits) == 1


async def test_a_digest_that_a_pause_held_is_sent_as_it_is(house: House, receiver: Receiver) -> None:
    endpoint_id = await asks(house, receiver, digest_minutes=30)
    receiver.answer = 500
    async with house.notifier() as notifier:
        first = [await house.happen(DONE), await house.happen(FAILED)]
        await turn(notifier)
        await time_has_come(house, notifier)
        await turn(notifier)
        await change(house, endpoint_id, status="paused")
        second = [await house.happen(DONE), await house.happen(DONE)]
        await turn(notifier)
        receiver.answer = 200
        receiver.hits.clear()
        await change(house, endpoint_id, status="enabled")
        assert await time_has_come(house, notifier) == 2
        await turn(notifier)
    told = [payload(hit)["data"] for hit in receiver.hits]
    assert [[event["id"] for event in each["events"]] for each in told] == [
        [event.id for event in first],
        [event.id for event in second],
    ]
    assert {row["state"] for row in await house.deliveries()} == {"delivered", "merged"}


async def test_a_digest_of_many_is_one_message_with_what_went_wrong_and_the_count_of_all(
    house: House, receiver: Receiver
) -> None:
    await asks(house, receiver, digest_minutes=30)
    async with house.notifier() as notifier:
        events = [await house.happen(DONE) for _ in range(digests.MOST_EVENTS + 20)]
        failed = await house.happen(FAILED)
        await turn(notifier)
        assert await time_has_come(house, notifier) == 1
        assert await time_has_come(house, notifier) == 0
        await turn(notifier)
    (hit,) = receiver.hits
    data = payload(hit)["data"]
    assert (data["count"], data["types"]) == (len(events) + 1, {DONE: len(events), FAILED: 1})
    told = [event["id"] for event in data["events"]]
    assert told == [*(event.id for event in events[: digests.MOST_EVENTS - 1]), failed.id]
    states = [row["state"] for row in await house.deliveries()]
    assert (states.count("merged"), states.count("delivered")) == (len(events) + 1, 1)
