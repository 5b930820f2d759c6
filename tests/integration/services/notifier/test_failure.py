"""What happens when a receiver fails: again by the schedule, the same event, until it is given up."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy.exc import NoReferencedTableError
from standardwebhooks import Webhook

from services.notifier.trust import START
from shared.endpoints import attempt_lifecycle, lifecycle
from shared.endpoints.policy import JITTER, SCHEDULE
from shared.endpoints.queries import get_endpoint
from shared.security.reach import PUBLIC

from .stage import PROJECT, House, Receiver, payload, receiving, turn


async def test_each_try_carries_the_same_id_and_bytes_and_a_signature_of_its_own_time(house: House) -> None:
    answers = iter([500, 503, 200])

    async def improving(_request: web.Request) -> web.Response:
        return web.Response(status=next(answers))

    async with receiving(improving) as receiver, house.notifier() as notifier:
        _, secret = await house.endpoint(receiver.url)
        await house.happen()
        for _ in range(3):
            await turn(notifier)
            # A signature has whole seconds: let one pass, so that the next try's must differ.
            await asyncio.sleep(1)
            await house.make_due()
        assert len({hit.headers["webhook-id"] for hit in receiver.hits}) == 1
        assert len({hit.body for hit in receiver.hits}) == 1
        assert len({hit.headers["webhook-timestamp"] for hit in receiver.hits}) == 3
        for hit in receiver.hits:
            Webhook(secret).verify(hit.body, hit.headers)
    (delivery,) = await house.deliveries()
    assert (delivery["state"], delivery["attempt"]) == ("delivered", 3)
    assert [attempt["status_code"] for attempt in await house.attempts()] == [500, 503, 200]


async def test_a_failing_receiver_is_tried_by_the_schedule_and_then_given_up(house: House, receiver: Receiver) -> None:
    receiver.answer = 500
    await house.endpoint(receiver.url)
    await house.happen()
    async with house.notifier() as notifier:
        for number, wait in enumerate(SCHEDULE[1:], start=1):
            await turn(notifier)
            (left,) = await house.rows(
                "SELECT attempt, state, run_at - a.started_at AS wait FROM deliveries d "
                "JOIN delivery_attempts a ON a.delivery_id = d.id AND a.number = d.attempt"
            )
            assert (left["attempt"], left["state"]) == (number, "pending")
            assert wait * (1 - JITTER) <= left["wait"] <= wait * (1 + JITTER) + timedelta(seconds=5)
            await turn(notifier)
            assert len(receiver.hits) == number, "tried before its time"
            await house.make_due()
        await turn(notifier)
    (delivery,) = await house.deliveries()
    assert (delivery["state"], delivery["last_error"]) == (
        "failed",
        "The endpoint answered 500. That was try 10 of 10.",
    )
    assert len(receiver.hits) == len(await house.attempts()) == 10


async def test_retry_after_is_obeyed(house: House) -> None:
    async def busy(_request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"retry-after": "3600"})

    async with receiving(busy) as receiver, house.notifier() as notifier:
        await house.endpoint(receiver.url)
        await house.happen()
        await turn(notifier)
    (left,) = await house.rows("SELECT extract(epoch FROM run_at - clock_timestamp()) AS wait FROM deliveries")
    assert 3500 < left["wait"] <= 3600


async def test_410_switches_the_endpoint_off_and_drops_what_waits(house: House, receiver: Receiver) -> None:
    receiver.answer = 500
    await house.endpoint(receiver.url)
    first = await house.happen()
    async with house.notifier() as notifier:
        await turn(notifier)
        receiver.answer = 410
        gone = await house.happen()
        await turn(notifier)
        await house.make_due()
        await turn(notifier)
        await house.happen()
        await turn(notifier)
    states = {row["event_id"]: row["state"] for row in await house.deliveries()}
    assert states == {first.id: "dropped", gone.id: "failed"}
    (endpoint,) = await house.rows("SELECT status, status_reason FROM webhook_endpoints")
    assert endpoint == {"status": "disabled", "status_reason": "The endpoint answered 410 Gone."}
    assert len(receiver.hits) == 2


async def test_what_waits_for_a_deleted_endpoint_is_dropped(house: House, receiver: Receiver) -> None:
    receiver.answer = 500
    endpoint_id, _ = await house.endpoint(receiver.url)
    await house.happen()
    async with house.notifier() as notifier:
        await turn(notifier)
        async with house.database.begin() as session:
            endpoint = await get_endpoint(session, PROJECT, endpoint_id, lock=True)
            await lifecycle.delete(session, endpoint)
        await house.make_due()
        await turn(notifier)
    (delivery,) = await house.deliveries()
    assert (delivery["state"], delivery["last_error"]) == ("dropped", "The endpoint was deleted.")
    assert len(receiver.hits) == len(await house.attempts()) == 1


async def test_an_end_that_cannot_be_written_down_holds_up_no_other(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise NoReferencedTableError("a defect of ours", "projects")

    monkeypatch.setattr(attempt_lifecycle, "switch_off", broken)
    async with receiving(410) as gone, house.notifier() as notifier:
        for url in (gone.url, receiver.url):
            await house.endpoint(url)
        await house.happen()
        await turn(notifier)
    good, bad = sorted(await house.deliveries(), key=lambda each: str(each["state"]))
    assert [(each["state"], each["lease_until"]) for each in (good, bad)] == [("delivered", None), ("failed", None)]
    assert "could not be written down" in bad["last_error"]
    assert len(receiver.hits) == len(gone.hits) == 1


async def test_a_redirect_is_a_failure_and_not_followed(house: House, receiver: Receiver) -> None:
    async def elsewhere(_request: web.Request) -> web.Response:
        return web.Response(status=308, headers={"location": receiver.url})

    async with receiving(elsewhere) as moved, house.notifier() as notifier:
        await house.endpoint(moved.url)
        await house.happen()
        await turn(notifier)
    (delivery,), (attempt,) = await house.deliveries(), await house.attempts()
    assert (delivery["state"], attempt["status_code"], receiver.hits) == ("pending", 308, [])


async def test_of_a_great_answer_two_kibibytes_are_kept(house: House) -> None:
    async def chatter(_request: web.Request) -> web.Response:
        return web.Response(body=b"a\0" * (4 << 20))

    async with receiving(chatter) as receiver, house.notifier() as notifier:
        await house.endpoint(receiver.url)
        await house.happen()
        await turn(notifier)
    (attempt,) = await house.attempts()
    assert attempt["status_code"] == 200
    # A NUL is no text for the database; what stands for it has three bytes.
    assert attempt["answer"] == "a\ufffd" * 512


async def test_an_answer_that_drips_is_a_failure_after_the_time_limit(house: House) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=200)
        await response.prepare(request)
        while True:
            await response.write(b".")
            await asyncio.sleep(0.02)

    async with receiving(drip) as receiver, house.notifier(total_seconds=0.4) as notifier:
        await house.endpoint(receiver.url)
        await house.happen()
        await turn(notifier)
    (delivery,), (attempt,) = await house.deliveries(), await house.attempts()
    assert (delivery["state"], attempt["status_code"], attempt["error"]) == ("pending", None, "timeout")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/h", "https://10.0.0.1/h", "https://169.254.169.254/latest"])
async def test_an_endpoint_saved_before_a_rule_is_refused_at_sending(house: House, url: str) -> None:
    await house.endpoint(url)
    await house.happen()
    async with house.notifier(PUBLIC) as notifier:
        await turn(notifier)
    (delivery,), (attempt,) = await house.deliveries(), await house.attempts()
    assert (delivery["state"], attempt["error"]) == ("pending", "target_refused")


async def test_nobody_listening_is_told_in_a_word(house: House) -> None:
    async with receiving() as gone:
        url = gone.url
    await house.endpoint(url)
    await house.happen()
    async with house.notifier() as notifier:
        await turn(notifier)
    assert [attempt["error"] for attempt in await house.attempts()] == ["connection_refused"]


async def test_a_secret_that_does_not_open_costs_its_own_delivery_only(house: House, receiver: Receiver) -> None:
    endpoint_id, _ = await house.endpoint(receiver.url)
    await house.rows("UPDATE webhook_endpoints SET secret = 'garbled' WHERE id = :id", id=endpoint_id)
    await house.endpoint(receiver.url)
    event = await house.happen()
    async with house.notifier() as notifier:
        await turn(notifier)
    assert sorted(row["state"] for row in await house.deliveries()) == ["delivered", "pending"]
    assert [payload(hit)["id"] for hit in receiver.hits] == [event.id]


def _hanging(release: asyncio.Event) -> Any:
    async def hang(_request: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    return hang


async def test_a_hanging_endpoint_holds_its_own_slots_only(house: House, receiver: Receiver) -> None:
    release = asyncio.Event()
    async with receiving(_hanging(release)) as stuck, house.running():
        await house.endpoint(stuck.url)
        for _ in range(30):
            await house.happen()
        await stuck.wait_for(START)
        await house.endpoint(receiver.url)
        for _ in range(5):
            await house.happen()
        await receiver.wait_for(5, seconds=5)
        assert len(stuck.hits) == START
        release.set()
        await stuck.wait_for(35)
