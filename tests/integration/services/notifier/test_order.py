"""What goes first: the earlier of one job, first tries before retries; and no more than an endpoint's pace"""

import asyncio
import random
from collections import defaultdict

from aiohttp import web

from services.notifier.app import open_notifier
from services.notifier.fanout import fan_out
from shared.db.database import Database
from shared.endpoints.deliveries import Room, claim_due
from shared.endpoints.making import make_deliveries
from shared.events.catalogue import EventType
from shared.events.record import record

from .stage import HERE, PROJECT, House, Receiver, payload, receiving, turn

_LIFE = (EventType.JOB_CREATED, EventType.JOB_QUEUED, EventType.JOB_RUNNING, EventType.JOB_SUCCEEDED)


async def _ordered(house: House, url: str) -> str:
    endpoint_id, _ = await house.endpoint(url, *_LIFE)
    await house.rows("UPDATE webhook_endpoints SET ordered = true WHERE id = :id", id=endpoint_id)
    return endpoint_id


async def _live(house: House, jobs: int) -> None:
    for kind in _LIFE:
        async with house.database.begin() as session:
            for job in range(jobs):
                subject = f"ftjob-{job}"
                await record(session, kind, project_id=PROJECT, subject_id=subject, data={"id": subject})


async def test_of_an_ordered_endpoint_nothing_of_a_job_overtakes_though_tries_fail_and_processes_share(
    house: House,
) -> None:
    chance = random.Random(3)  # noqa: S311 (which tries fail)

    async def shaky(_request: web.Request) -> web.Response:
        await asyncio.sleep(chance.random() / 100)
        return web.Response(status=500 if chance.random() < 0.2 else 200)

    arrived: dict[str, list[int]] = defaultdict(list)

    async def keep(request: web.Request) -> web.Response:
        answer = await shaky(request)
        if answer.status == 200:
            told = await request.json()
            arrived[told["data"]["id"]].append(told["sequence"])
        return answer

    second = Database(house.url)
    try:
        async with receiving(keep) as receiver:
            await _ordered(house, receiver.url)
            async with (
                house.notifier() as one,
                open_notifier(second, house.ring, HERE) as other,
            ):
                writing = asyncio.create_task(other.recorder.run())
                await _live(house, 12)
                async with asyncio.timeout(60):
                    while sum(map(len, arrived.values())) < 12 * len(_LIFE):
                        await asyncio.gather(turn(one), turn(other))
                        await house.make_due()
                writing.cancel()
    finally:
        await second.close()
    assert {tuple(sequence) for sequence in arrived.values()} == {(1, 2, 3, 4)}


async def test_after_the_earlier_one_was_given_up_the_next_may_go(house: House, receiver: Receiver) -> None:
    receiver.answer = 500
    await _ordered(house, receiver.url)
    await _live(house, 1)
    async with house.notifier() as notifier:
        await turn(notifier)
        await turn(notifier)
        assert len(receiver.hits) == 1, "the others wait for the first"
        await house.rows("UPDATE deliveries SET state = 'failed' WHERE attempt = 1")
        receiver.answer = 200
        for _ in range(3):
            await turn(notifier)
    assert [payload(hit)["sequence"] for hit in receiver.hits] == [1, 2, 3, 4]


async def test_what_is_not_fanned_out_yet_is_waited_for(house: House, receiver: Receiver) -> None:
    await _ordered(house, receiver.url)
    await _live(house, 1)
    async with house.notifier() as notifier:
        # As if another process had the first event in a transaction that has not ended.
        (first, *_) = await house.rows("SELECT id FROM work_items WHERE kind = 'event.fanout' ORDER BY id")
        await house.rows("UPDATE work_items SET run_at = now() + interval '1 hour' WHERE id = :id", **first)
        await turn(notifier)
        assert receiver.hits == []
        await house.rows("UPDATE work_items SET run_at = now() WHERE kind = 'event.fanout'")
        for _ in range(4):
            await turn(notifier)
    assert [payload(hit)["sequence"] for hit in receiver.hits] == [1, 2, 3, 4]


async def test_one_that_came_back_to_a_pause_which_has_ended_is_not_overtaken(house: House, receiver: Receiver) -> None:
    await _ordered(house, receiver.url)
    await _live(house, 1)
    async with house.notifier() as notifier:
        async with house.database.begin() as session:
            await fan_out(session)
        # Its try ended when the endpoint was enabled already, and was written down as held.
        (first, *_) = await house.rows("SELECT id FROM events ORDER BY sequence")
        held = "UPDATE deliveries SET state = 'held', hold = 'paused', run_at = 'infinity' WHERE event_id = :id"
        await house.rows(held, **first)
        await turn(notifier)
        assert receiver.hits == []
        await notifier.keeper.tidy()
        for _ in range(4):
            await turn(notifier)
    assert [payload(hit)["sequence"] for hit in receiver.hits] == [1, 2, 3, 4]


async def test_however_much_waits_behind_failed_ones_a_claim_is_short_and_others_get_through(house: House) -> None:
    endpoint_id = await _ordered(house, "https://desk.customer.com/hook")
    # Of 130 jobs the first notice waits for its next try, and five are behind it: more than a claim looks at.
    await house.rows("""
        INSERT INTO events (id, project_id, type, subject_id, sequence, data)
        SELECT 'evt_' || lpad(j::text, 4, '0') || n, 'proj_default', 'fine_tuning.job.running', 'ftjob-' || j, n, '{}'
        FROM generate_series(1, 130) j, generate_series(1, 6) n""")
    await house.rows("INSERT INTO event_payloads (event_id, event_type, body) SELECT id, type, 'x' FROM events")
    await house.rows(
        """INSERT INTO deliveries (id, event_id, endpoint_id, state, fresh, run_at)
        SELECT 'dlv_' || substr(id, 5), id, :id, 'pending', sequence > 1,
               now() + CASE WHEN sequence = 1 THEN interval '2 hours' ELSE interval '-1 minute' END FROM events""",
        id=endpoint_id,
    )
    room = Room(100, 100, 10, 10)
    async with house.notifier() as notifier:
        event = await house.happen(_LIFE[0])
        await house.rows("DELETE FROM work_items")
        async with house.database.begin() as session:
            await make_deliveries(session, [event.id])
        assert await _claim(house, room) == {}, "the first that are due all wait"
        await notifier.keeper.tidy()
        assert await _claim(house, room) == {endpoint_id: 1}
        behind = "SELECT count(*) AS n FROM deliveries WHERE fresh AND run_at > now()"
        assert (await house.rows(behind))[0]["n"] == 650
        # Somebody had the first of one job sent again, and it arrived: the next need not wait for two hours.
        await house.rows("UPDATE deliveries SET state = 'delivered' WHERE event_id = 'evt_00071'")
        await notifier.keeper.tidy()
        due = "SELECT event_id FROM deliveries WHERE fresh AND run_at <= now() AND lease_until IS NULL"
        assert {"event_id": "evt_00072"} in await house.rows(due)
        assert await _claim(house, room) == {endpoint_id: 1}


async def test_first_tries_go_before_retries_that_are_longer_due(house: House, receiver: Receiver) -> None:
    receiver.answer = 500
    await house.endpoint(receiver.url)
    for _ in range(5):
        await house.happen()
    async with house.notifier() as notifier:
        await turn(notifier)
        await house.make_due()
        fresh = await house.happen()
        notifier.drain.slots.retries.total = 2
        await notifier.look()
        await notifier.drain.finish(5)
        await notifier.recorder.flush()
    assert [payload(hit)["id"] for hit in receiver.hits[5:6]] == [fresh.id]


async def test_retries_leave_room_for_first_tries_in_all_and_at_each_endpoint(house: House, receiver: Receiver) -> None:
    for _ in range(2):
        await house.endpoint(receiver.url)
    for _ in range(20):
        await house.happen()
    async with house.notifier() as notifier:
        await turn(notifier)
    await house.rows("UPDATE deliveries SET state = 'pending', fresh = false, run_at = now()")
    claims = [await _claim(house, Room(100, 6, 10, 4)) for _ in range(2)]
    assert [sorted(claim.values()) for claim in claims] == [[2, 4], [2, 4]]


async def test_a_rate_limit_is_kept_by_all_processes_together(house: House) -> None:
    endpoint_id, _ = await house.endpoint("https://hooks.customer.com/h")
    await house.rows("UPDATE webhook_endpoints SET rate_limit = 4 WHERE id = :id", id=endpoint_id)
    numbers = "FROM generate_series(1, 50) n"
    await house.rows(f"INSERT INTO event_payloads (event_id, event_type, body) SELECT 'evt_' || n, 'x', 'x' {numbers}")
    made = f"SELECT 'dlv_' || n, 'evt_' || n, :id, 'pending' {numbers}"
    await house.rows(f"INSERT INTO deliveries (id, event_id, endpoint_id, state) {made}", id=endpoint_id)
    room = Room(100, 100, 10, 10)
    assert await _claim(house, room) == {endpoint_id: 4}, "a second's worth at once"
    claims = await asyncio.gather(*(_claim(house, room) for _ in range(4)))
    assert sum(sum(claim.values()) for claim in claims) <= 1
    # Half a second later, by moving what the row says instead of waiting.
    await house.rows("UPDATE webhook_endpoints SET slowed_until = now() - interval '260 ms'")
    assert await _claim(house, room) == {endpoint_id: 2}


async def test_what_waits_for_a_slow_endpoint_that_was_switched_off_is_dropped_at_once(house: House) -> None:
    await house.endpoint("https://hooks.customer.com/h")
    async with house.notifier() as notifier:
        for _ in range(15):
            await house.happen()
        async with house.database.begin() as session:
            await fan_out(session)
        await house.rows(
            "UPDATE webhook_endpoints SET status = 'disabled', rate_limit = 0.01, slow_seconds = 64, "
            "slowed_until = now() + interval '1 day'"
        )
        await turn(notifier)
    assert {row["state"] for row in await house.deliveries()} == {"dropped"}


async def _claim(house: House, room: Room) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    async with house.database.begin(durable=False) as session:
        for delivery in await claim_due(session, owner="me", lease_seconds=30, room=room):
            counts[delivery.endpoint_id] += 1
    return dict(counts)
