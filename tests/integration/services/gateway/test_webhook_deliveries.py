"""The log of what endpoints were sent, and one of it again."""

import time
from typing import Any

from sqlalchemy import text
from standardwebhooks import Webhook

from services.notifier.app import Notifier
from shared.db.database import sql
from shared.events.catalogue import EventType
from tests.conftest import House
from tests.integration.services.notifier.stage import Receiver, turn

from .asking import Asking, happen, make_due, stranger

DONE, FAILED = EventType.JOB_SUCCEEDED, EventType.JOB_FAILED


async def test_the_log_shows_each_delivery_with_each_attempt(
    house: House, mine: Asking, receiver: Receiver, notifier: Notifier
) -> None:
    receiver.answer = 500
    made = await mine.endpoint(receiver.url)
    event_id = await happen(house)
    await turn(notifier)
    receiver.answer = 200
    await make_due(house)
    await turn(notifier)
    (listed,) = (await mine.get(f"/webhook_endpoints/{made['id']}/deliveries"))["data"]
    shown = await mine.get(f"/deliveries/{listed['id']}")
    assert shown == listed
    assert [(each["number"], each["status_code"], each["error"], each["answer"]) for each in shown["attempts"]] == [
        (1, 500, None, "said"),
        (2, 200, None, "said"),
    ]
    assert (shown["event_id"], shown["event_type"], shown["state"], shown["origin"]) == (
        event_id,
        "fine_tuning.job.succeeded",
        "delivered",
        "event",
    )
    assert shown["delivered_at"] == shown["finished_at"] >= shown["created_at"]


async def test_the_log_is_filtered_and_paged(
    house: House, mine: Asking, receiver: Receiver, notifier: Notifier
) -> None:
    made = await mine.endpoint(receiver.url, event_types=[DONE, FAILED])
    path = f"/webhook_endpoints/{made['id']}/deliveries"
    events = [await happen(house, kind) for kind in (DONE, FAILED, DONE, FAILED, DONE)]
    await turn(notifier)
    async with house.runtime.begin() as session:
        await sql(session, text("UPDATE deliveries SET state = 'failed' WHERE event_id = :id"), id=events[1])
        old = text("UPDATE deliveries SET created_at = now() - interval '5 minutes' WHERE event_id = :id")
        await sql(session, old, id=events[0])
    newest_first = events[::-1]

    async def found(query: str) -> list[str]:
        return [each["event_id"] for each in (await mine.get(f"{path}?{query}"))["data"]]

    first = await mine.get(f"{path}?limit=2")
    assert ([each["event_id"] for each in first["data"]], first["has_more"]) == (newest_first[:2], True)
    assert await found(f"limit=2&after={first['data'][-1]['id']}") == newest_first[2:4]
    assert await found("state=failed") == [events[1]]
    assert await found("event_type=fine_tuning.job.failed") == [events[3], events[1]]
    assert await found("event_type=fine_tuning.job.failed&state=delivered") == [events[3]]
    recent = int(time.time()) - 60
    assert await found(f"since={recent}") == newest_first[:4]
    assert await found(f"until={recent}") == [events[0]]
    assert await found(f"since={recent - 600}&until={recent + 600}&limit=3") == newest_first[:3]


async def test_what_is_under_way_is_pending_and_what_has_arrived_is_not(
    house: House, mine: Asking, receiver: Receiver, notifier: Notifier
) -> None:
    arrives, fails = await mine.endpoint(receiver.url), await mine.endpoint()
    await happen(house)
    await turn(notifier)

    async def found(endpoint: Any, state: str) -> int:
        return len((await mine.get(f"/webhook_endpoints/{endpoint['id']}/deliveries?state={state}"))["data"])

    assert (await found(arrives, "delivered"), await found(arrives, "pending")) == (1, 0)
    assert (await found(fails, "delivered"), await found(fails, "pending")) == (0, 1)


async def test_a_question_that_makes_no_sense_is_refused(mine: Asking) -> None:
    made = await mine.endpoint()
    path = f"/webhook_endpoints/{made['id']}/deliveries"
    for query, param in (
        ("state=lost", "state"),
        ("event_type=batch.completed", "event_type"),
        ("since=yesterday", "since"),
        ("until=-1", "until"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("after=evt_1", "after"),
        ("status=failed", "status"),
    ):
        status, answer = await mine.ask("GET", f"{path}?{query}")
        assert (status, answer["error"]["param"]) == (400, param), query


async def test_what_is_anothers_is_not_there(
    house: House, mine: Asking, receiver: Receiver, notifier: Notifier
) -> None:
    made = await mine.endpoint(receiver.url)
    await happen(house)
    await turn(notifier)
    (delivery,) = (await mine.get(f"/webhook_endpoints/{made['id']}/deliveries"))["data"]
    recovery = await mine.post(f"/webhook_endpoints/{made['id']}/recover", {"since": int(time.time()) - 60})
    other = await stranger(house)
    theirs = await other.endpoint()
    for method, path, body in (
        ("GET", f"/deliveries/{delivery['id']}", None),
        ("POST", f"/deliveries/{delivery['id']}/resend", {}),
        ("POST", f"/webhook_endpoints/{made['id']}/recover", {"since": int(time.time()) - 60}),
        ("GET", f"/webhook_endpoints/{made['id']}/recoveries/{recovery['id']}", None),
        ("GET", f"/webhook_endpoints/{theirs['id']}/recoveries/{recovery['id']}", None),
        ("GET", "/deliveries/dlv_0000000000000000000000000", None),
    ):
        status, _ = await other.ask(method, path, body)
        assert status == 404, path


async def test_one_is_sent_again_with_its_bytes_and_the_secret_of_today(
    house: House, mine: Asking, receiver: Receiver, notifier: Notifier
) -> None:
    made = await mine.endpoint(receiver.url)
    await happen(house)
    await turn(notifier)
    (delivery,) = (await mine.get(f"/webhook_endpoints/{made['id']}/deliveries"))["data"]
    secret = (await mine.post(f"/webhook_endpoints/{made['id']}/rotate_secret"))["signing_secret"]
    again = await mine.post(f"/deliveries/{delivery['id']}/resend")
    assert (again["state"], again["origin"]) == ("pending", "resend")
    await turn(notifier)
    first, second = receiver.hits
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    Webhook(secret).verify(second.body, second.headers)
    shown = await mine.get(f"/deliveries/{delivery['id']}")
    assert (shown["state"], len(shown["attempts"])) == ("delivered", 2)


async def test_a_resend_is_tried_once_and_does_not_undo_an_arrival(
    house: House, mine: Asking, receiver: Receiver, notifier: Notifier
) -> None:
    made = await mine.endpoint(receiver.url)
    await happen(house)
    await turn(notifier)
    (delivery,) = (await mine.get(f"/webhook_endpoints/{made['id']}/deliveries"))["data"]
    receiver.answer = 500
    await mine.post(f"/deliveries/{delivery['id']}/resend")
    await turn(notifier)
    shown = await mine.get(f"/deliveries/{delivery['id']}")
    assert (shown["state"], shown["next_attempt_at"]) == ("delivered", None)
    assert "answered 500" in shown["last_error"]
    assert [each["status_code"] for each in shown["attempts"]] == [200, 500]


async def test_what_waits_for_its_next_try_has_it_now_and_keeps_its_schedule(
    house: House, mine: Asking, receiver: Receiver, notifier: Notifier
) -> None:
    receiver.answer = 500
    made = await mine.endpoint(receiver.url)
    await happen(house)
    await turn(notifier)
    (delivery,) = (await mine.get(f"/webhook_endpoints/{made['id']}/deliveries"))["data"]
    again = await mine.post(f"/deliveries/{delivery['id']}/resend")
    assert (again["state"], again["origin"]) == ("pending", "event")
    await turn(notifier)
    shown = await mine.get(f"/deliveries/{delivery['id']}")
    assert (shown["state"], len(shown["attempts"])) == ("pending", 2)


async def test_a_resend_goes_to_a_paused_endpoint_and_to_none_that_is_gone(
    house: House, mine: Asking, receiver: Receiver, notifier: Notifier
) -> None:
    made = await mine.endpoint(receiver.url)
    await happen(house)
    await turn(notifier)
    path = f"/webhook_endpoints/{made['id']}"
    (delivery,) = (await mine.get(f"{path}/deliveries"))["data"]
    await mine.post(path, {"status": "paused"})
    await mine.post(f"/deliveries/{delivery['id']}/resend")
    await turn(notifier)
    assert len(receiver.hits) == 2
    await mine.post(path, {"status": "disabled"})
    for _ in range(2):
        status, answer = await mine.ask("POST", f"/deliveries/{delivery['id']}/resend")
        assert (status, answer["error"]["code"]) == (409, "conflict")
        await mine.ask("DELETE", path)
    assert (await mine.get(f"/deliveries/{delivery['id']}"))["state"] == "delivered"


async def test_what_is_being_sent_is_not_sent_again_at_the_same_time(
    house: House, mine: Asking, notifier: Notifier
) -> None:
    made = await mine.endpoint()
    await happen(house)
    await turn(notifier)
    (delivery,) = (await mine.get(f"/webhook_endpoints/{made['id']}/deliveries"))["data"]
    async with house.runtime.begin() as session:
        await sql(session, text("UPDATE deliveries SET lease_until = now() + interval '20 s'"))
    status, answer = await mine.ask("POST", f"/deliveries/{delivery['id']}/resend")
    assert (status, "is being sent right now" in answer["error"]["message"]) == (409, True)


async def test_the_same_idempotency_key_resends_once(
    house: House, mine: Asking, receiver: Receiver, notifier: Notifier
) -> None:
    made = await mine.endpoint(receiver.url)
    await happen(house)
    await turn(notifier)
    (delivery,) = (await mine.get(f"/webhook_endpoints/{made['id']}/deliveries"))["data"]
    for _ in range(2):
        await mine.ask("POST", f"/deliveries/{delivery['id']}/resend", Idempotency_Key="once")
        await turn(notifier)
    assert len(receiver.hits) == 2
    await mine.post(f"/deliveries/{delivery['id']}/resend")
    await turn(notifier)
    assert len(receiver.hits) == 3
