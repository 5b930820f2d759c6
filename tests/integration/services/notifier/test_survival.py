"""What survives: death between sending and recording, a stop in mid-air, a database that goes away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import text

from services.notifier import app, recorder
from services.notifier.app import Notifier, open_notifier
from shared import clock
from shared.db.database import Database, sql
from shared.endpoints.attempt_lifecycle import Ended, settle
from shared.endpoints.deliveries import Claimed, Room, claim_due
from shared.endpoints.making import make_deliveries
from shared.endpoints.policy import Answer, Delivered
from tests.servers import Servers

from .stage import HERE, House, Receiver, payload, receiving, turn


async def test_killed_between_send_and_record_it_is_sent_again_with_the_same_id(
    house: House, receiver: Receiver
) -> None:
    await house.endpoint(receiver.url)
    await house.happen()
    # A process that sends, and is gone before its recorder has written anything.
    async with open_notifier(house.database, house.ring, HERE) as dead:
        await dead.look()
        await receiver.wait_for(1)
        await dead.drain.finish(5)
    async with house.notifier() as next_one:
        await turn(next_one)
        assert len(receiver.hits) == 1, "its lease still holds"
        await house.rows("UPDATE deliveries SET lease_until = now() - interval '1 second'")
        await turn(next_one)
    assert len(receiver.hits) == 2
    assert len({(hit.headers["webhook-id"], hit.body) for hit in receiver.hits}) == 1
    (delivery,) = await house.deliveries()
    assert (delivery["state"], delivery["attempt"], delivery["epoch"]) == ("delivered", 2, 2)


async def test_while_nothing_can_be_written_down_the_notifier_is_not_ready(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "STUCK_SECONDS", 0.1)
    await house.endpoint(receiver.url)
    async with house.running() as notifier:
        async with _sent_and_unwritable(house, receiver), asyncio.timeout(10):
            while notifier.ready:
                await asyncio.sleep(0.01)
        await notifier.recorder.flush()
        assert not notifier.recorder.is_stuck
    assert [row["state"] for row in await house.deliveries()] == ["delivered"]
    assert (len(await house.attempts()), len(receiver.hits)) == (1, 1)


async def test_what_was_sent_and_cannot_be_written_down_is_not_claimed_again(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "LATE_SECONDS", 0.1)
    await house.endpoint(receiver.url)
    async with house.notifier() as notifier:
        async with _sent_and_unwritable(house, receiver, notifier), asyncio.timeout(10):
            while not notifier.recorder.is_late:
                await asyncio.sleep(0.01)
            await house.rows("UPDATE deliveries SET lease_until = now() - interval '1 second'")
            assert not await notifier.look(), "and the database is not asked without a pause"
        await notifier.recorder.flush()
        await turn(notifier)
    assert (len(await house.attempts()), len(receiver.hits)) == (1, 1)


@asynccontextmanager
async def _sent_and_unwritable(
    house: House, receiver: Receiver, looking: Notifier | None = None
) -> AsyncIterator[None]:
    """Have a delivery arrive whose end cannot be written down; reading, claiming and sending go on."""
    await house.rows("ALTER TABLE delivery_attempts RENAME TO elsewhere")
    await house.happen()
    if looking is not None:
        await looking.look()
    await receiver.wait_for(1)
    yield
    await house.rows("ALTER TABLE elsewhere RENAME TO delivery_attempts")


async def test_who_lost_the_lease_writes_nothing(house: House, receiver: Receiver) -> None:
    await house.endpoint(receiver.url)
    event = await house.happen()
    async with house.database.begin() as session:
        await make_deliveries(session, [event.id])
    stale = await _claim(house)
    assert await _claim(house) == [], "the first one's lease holds"
    await house.rows("UPDATE deliveries SET lease_until = now() - interval '1 second'")
    current = await _claim(house)
    answer = Answer(clock.now(), 0.1, status=200)
    async with house.database.begin() as session:
        assert await settle(session, [Ended(stale[0], Delivered(), answer)]) == 0
    assert ((await house.deliveries())[0]["state"], await house.attempts()) == ("pending", [])
    async with house.database.begin() as session:
        assert await settle(session, [Ended(current[0], Delivered(), answer)]) == 1
    assert ((await house.deliveries())[0]["state"], len(await house.attempts())) == ("delivered", 1)


async def _claim(house: House) -> list[Claimed]:
    async with house.database.begin() as session:
        return await claim_due(session, owner="me", lease_seconds=30, room=Room(1, 1, 1, 1))


async def test_two_processes_share_the_work_and_send_nothing_twice(house: House, receiver: Receiver) -> None:
    await house.endpoint(receiver.url)
    events = [await house.happen() for _ in range(60)]
    second = Database(house.url)
    try:
        async with house.running(), open_notifier(second, house.ring, HERE) as other:
            work = asyncio.create_task(other.run())
            await receiver.wait_for(60, seconds=20)
            other.stop()
            await work
    finally:
        await second.close()
    assert sorted(payload(hit)["id"] for hit in receiver.hits) == sorted(event.id for event in events)


async def test_a_stop_lets_what_is_under_way_end(house: House) -> None:
    release = asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    async with receiving(slow) as receiver:
        await house.endpoint(receiver.url)
        async with house.running() as notifier:
            await house.happen()
            await receiver.wait_for(1)
            notifier.stop()
            release.set()
    (delivery,) = await house.deliveries()
    assert (delivery["state"], delivery["lease_owner"]) == ("delivered", None)


async def test_no_more_is_sent_than_can_be_written_down(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "MOST_WAITING", 20)
    await house.endpoint(receiver.url)
    for _ in range(60):
        await house.happen()
    async with open_notifier(house.database, house.ring, HERE) as notifier:
        while len(receiver.hits) <= 20:
            assert await notifier.look()
            await notifier.drain.finish(10)
        sent = len(receiver.hits)
        assert await notifier.look(), "it looks again soon: nobody rings when the recorder has caught up"
        await notifier.drain.finish(10)
        assert len(receiver.hits) == sent < 60
        writing = asyncio.create_task(notifier.recorder.run())
        await notifier.recorder.flush()
        while len(receiver.hits) < 60:
            await turn(notifier)
        writing.cancel()
    assert len({payload(hit)["id"] for hit in receiver.hits}) == len(receiver.hits) == 60


async def test_a_stop_waits_until_what_was_sent_is_written_down(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the sends do not need of their time is left for writing.
    monkeypatch.setattr(app, "GRACE_SECONDS", 20.0)
    monkeypatch.setattr(app, "_RECORD_SECONDS", 0.01)
    await house.endpoint(receiver.url)
    other = Database(house.url)
    try:
        async with house.running() as notifier, other.begin() as session:
            await sql(session, text("LOCK TABLE delivery_attempts"))
            await house.happen()
            await receiver.wait_for(1)
            notifier.stop()
            while not await house.rows("SELECT 1 FROM pg_locks WHERE NOT granted"):
                await asyncio.sleep(0.01)
            # Longer than writing alone may take.
            await asyncio.sleep(0.1)
    finally:
        await other.close()
    (delivery,) = await house.deliveries()
    assert delivery["state"] == "delivered"


async def test_what_does_not_end_in_time_is_handed_back_at_once(house: House) -> None:
    async def hang(_request: web.Request) -> Any:
        await asyncio.Event().wait()

    async with receiving(hang) as receiver, house.notifier() as notifier:
        await house.endpoint(receiver.url)
        await house.happen()
        await notifier.look()
        await receiver.wait_for(1)
        await notifier.drain.finish(0.05)
        await notifier.recorder.flush()
    (delivery,), (attempt,) = await house.deliveries(), await house.attempts()
    assert (delivery["state"], delivery["lease_until"], attempt["error"]) == ("pending", None, "interrupted")
    (due,) = await house.rows("SELECT run_at <= clock_timestamp() AS due FROM deliveries")
    assert due["due"]


async def test_lost_connections_are_made_again_and_notices_heard_again(house: House, receiver: Receiver) -> None:
    await house.endpoint(receiver.url)
    async with house.running() as notifier:
        await house.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        async with asyncio.timeout(10):
            await notifier.bell.lost.wait()
            await notifier.bell.heard.wait()
        await house.happen()
        await receiver.wait_for(1)


async def test_a_database_that_restarts_stops_nothing(house: House, receiver: Receiver, servers: Servers) -> None:
    await house.endpoint(receiver.url)
    async with house.running():
        servers.postgres.stop()
        await asyncio.sleep(0.5)
        servers.postgres.start()
        await house.database.engine.dispose()
        await house.happen()
        await receiver.wait_for(1, seconds=20)
