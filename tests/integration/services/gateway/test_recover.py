"""All that an endpoint missed since a time, sent again: once each, whatever ended it."""

import time
from typing import Any

from sqlalchemy import text

from services.notifier.app import Notifier
from shared.db.database import sql
from shared.endpoints import recovery_lifecycle
from shared.events.catalogue import EventType
from shared.events.reactions import Step
from shared.work.claim import claim, due, settle
from shared.work.outcomes import Done
from tests.conftest import House
from tests.integration.services.notifier.stage import Receiver, turn
from workers import recover

from .asking import Asking, fail_for_good, happen

FAILED = EventType.JOB_FAILED


async def work(house: House) -> None:
    """Do what is on the list for endpoints, as a worker does it, without waiting for one."""
    database, kinds = house.runtime.database, [str(Step.RECOVER)]
    for item in await due(database, kinds):
        lease = await claim(database, item.id, kinds, owner="test", lease_seconds=60)
        assert lease is not None
        outcome = await recover.run(house.runtime, lease)
        assert outcome == Done()
        await settle(database, lease, outcome)


async def recovered(house: House, mine: Asking, path: str, **asked: Any) -> Any:
    """Ask for a recovery and return it when it has ended."""
    begun = await mine.post(f"{path}/recover", {"since": int(time.time()) - 3600, **asked})
    assert begun["status"] == "running"
    await work(house)
    return await mine.get(f"{path}/recoveries/{begun['id']}")


async def test_all_that_failed_is_sent_again_once_each(
    house: House, mine: Asking, receiver: Receiver, notifier: Notifier
) -> None:
    receiver.answer = 500
    made = await mine.endpoint(receiver.url)
    path = f"/webhook_endpoints/{made['id']}"
    events = [await happen(house) for _ in range(3)]
    await turn(notifier)
    await fail_for_good(house)
    ended = await recovered(house, mine, path)
    assert (ended["status"], ended["recovered"], ended["include"]) == ("done", 3, ["failed"])
    await turn(notifier)
    rows = (await mine.get(f"{path}/deliveries"))["data"]
    # One try each, and no schedule begins anew.
    assert {(row["state"], row["origin"], len(row["attempts"])) for row in rows} == {("failed", "recover", 2)}
    receiver.answer = 200
    assert (await recovered(house, mine, path))["recovered"] == 3
    await turn(notifier)
    assert sorted(hit.headers["webhook-id"] for hit in receiver.hits[6:]) == sorted(events)
    assert (await recovered(house, mine, path))["recovered"] == 0


async def test_what_was_missed_while_it_was_off_is_made_now(
    house: House, mine: Asking, receiver: Receiver, notifier: Notifier
) -> None:
    made = await mine.endpoint(receiver.url, filter={"metadata": {"team": "blue"}}, status="disabled")
    path = f"/webhook_endpoints/{made['id']}"
    wanted = await happen(house, metadata={"team": "blue"})
    await happen(house, metadata={"team": "red"})
    await happen(house, FAILED, metadata={"team": "blue"})
    await turn(notifier)
    status, answer = await mine.ask("POST", f"{path}/recover", {"since": int(time.time()) - 60})
    assert (status, "Enable it first" in answer["error"]["message"]) == (409, True)
    await mine.post(path, {"status": "enabled"})
    assert (await recovered(house, mine, path, include=["failed", "missed"]))["recovered"] == 1
    await turn(notifier)
    assert [hit.headers["webhook-id"] for hit in receiver.hits] == [wanted]
    assert (await recovered(house, mine, path, include=["missed"]))["recovered"] == 0


async def test_what_was_suppressed_and_dropped_is_sent_when_asked_for(
    house: House, mine: Asking, receiver: Receiver, notifier: Notifier
) -> None:
    made = await mine.endpoint(receiver.url, muted_until=int(time.time()) + 600)
    path = f"/webhook_endpoints/{made['id']}"
    await happen(house)
    await turn(notifier)
    # Still muted: it waits for the mute's end.
    assert (await recovered(house, mine, path, include=["suppressed", "dropped"]))["recovered"] == 1
    await turn(notifier)
    (row,) = (await mine.get(f"{path}/deliveries"))["data"]
    assert (row["state"], row["hold"], len(receiver.hits)) == ("held", "muted", 0)
    async with house.runtime.begin() as session:
        await sql(session, text("UPDATE deliveries SET run_at = now()"))
    assert await notifier.keeper.release() == 1
    await turn(notifier)
    assert len(receiver.hits) == 1


async def test_a_recovery_that_was_killed_goes_on_where_it_was_and_sends_each_once(
    house: House, mine: Asking, receiver: Receiver, notifier: Notifier
) -> None:
    receiver.answer = 500
    made = await mine.endpoint(receiver.url)
    events = [await happen(house) for _ in range(5)]
    await turn(notifier)
    await fail_for_good(house)
    begun = await mine.post(f"/webhook_endpoints/{made['id']}/recover", {"since": int(time.time()) - 60})
    async with house.runtime.begin() as session:
        # One batch of two; then the process that did it is gone, and its lease with it.
        assert await recovery_lifecycle.advance(session, begun["id"], 2) is False
    receiver.answer = 200
    await turn(notifier)
    seen = await mine.get(f"/webhook_endpoints/{made['id']}/recoveries/{begun['id']}")
    assert (seen["status"], seen["recovered"]) == ("running", 2)
    await work(house)
    seen = await mine.get(f"/webhook_endpoints/{made['id']}/recoveries/{begun['id']}")
    assert (seen["status"], seen["recovered"]) == ("done", 5)
    await turn(notifier)
    assert sorted(hit.headers["webhook-id"] for hit in receiver.hits[5:]) == sorted(events)


async def test_a_recovery_ends_when_its_endpoint_does(
    house: House, mine: Asking, receiver: Receiver, notifier: Notifier
) -> None:
    made = await mine.endpoint(receiver.url)
    path = f"/webhook_endpoints/{made['id']}"
    begun = await mine.post(f"{path}/recover", {"since": int(time.time()) - 60})
    await mine.post(path, {"status": "disabled"})
    async with house.runtime.begin() as session:
        assert await recovery_lifecycle.advance(session, begun["id"], 2) is True
    assert (await mine.get(f"{path}/recoveries/{begun['id']}"))["status"] == "cancelled"


async def test_a_recovery_has_bounds(mine: Asking) -> None:
    made = await mine.endpoint()
    now = int(time.time())
    for body, param in (
        ({}, "since"),
        ({"since": now + 60}, "since"),
        ({"since": now - 15 * 86400}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"since": now - 60, "include": []}, "include"),
        ({"since": now - 60, "include": ["delivered"]}, "include.0"),
        ({"since": now - 60, "until": now}, "until"),
    ):
        status, answer = await mine.ask("POST", f"/webhook_endpoints/{made['id']}/recover", body)
        assert (status, answer["error"]["param"]) == (400, param), body
