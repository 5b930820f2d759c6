"""What endpoints ask for, from an event to what arrives: filters, mutes, pauses, quiet hours, digests, thin bytes."""

from datetime import timedelta
from typing import Any

from services.notifier.app import Notifier
from shared.db.database import server_time
from shared.endpoints import lifecycle
from shared.events.catalogue import EventType

from .stage import OTHER, House, Receiver, payload, turn
from .wishing import DONE, FAILED, asks, change, time_has_come


async def _quiet_now(house: House, *, failures_pass: bool = True) -> dict[str, Any]:
    async with house.database.begin() as session:
        at = await server_time(session)
    start, end = at - timedelta(hours=1), at + timedelta(hours=1)
    hours = {"from": f"{start:%H:%M}", "to": f"{end:%H:%M}", "time_zone": "UTC"}
    return {**hours, "failures_pass": failures_pass}


async def test_a_filter_decides_whether_there_is_a_delivery_at_all(house: House, receiver: Receiver) -> None:
    await asks(house, receiver, filter={"metadata": {"team": "blue"}})
    async with house.notifier() as notifier:
        await house.happen(DONE, metadata={"team": "red"})
        await house.happen(DONE, metadata={"team": "blue"})
        await turn(notifier)
    assert [payload(hit)["data"]["metadata"] for hit in receiver.hits] == [{"team": "blue"}]
    assert len(await house.deliveries()) == 1


async def test_a_mute_suppresses_and_says_so_until_it_ends(house: House, receiver: Receiver) -> None:
    async with house.database.begin() as session:
        until = int((await server_time(session)).timestamp()) + 3600
    endpoint_id = await asks(house, receiver, muted_until=until)
    async with house.notifier() as notifier:
        await house.happen(FAILED)
        await turn(notifier)
        (delivery,) = await house.deliveries()
        assert delivery["state"] == "suppressed"
        assert delivery["reason"].startswith("The endpoint was muted until 20")
        assert delivery["finished_at"] is not None
        await change(house, endpoint_id, muted_until=None)
        await house.happen(FAILED)
        await turn(notifier)
    assert len(receiver.hits) == 1


async def test_a_pause_holds_what_waits_and_what_comes_and_lets_it_go_in_order(
    house: House, receiver: Receiver
) -> None:
    receiver.answer = 500
    endpoint_id = await asks(house, receiver)
    async with house.notifier() as notifier:
        first = await house.happen(DONE)
        await turn(notifier)
        await change(house, endpoint_id, status="paused")
        second = await house.happen(FAILED)
        await house.make_due()
        await turn(notifier)
        rows = await house.deliveries()
        assert [(row["state"], row["hold"]) for row in rows] == [("held", "paused")] * 2
        assert len(receiver.hits) == 1
        assert await time_has_come(house, notifier) == 0  # no time ends a pause
        receiver.answer = 200
        await change(house, endpoint_id, status="enabled")
        await turn(notifier)
    assert [hit.headers["webhook-id"] for hit in receiver.hits[1:]] == [first.id, second.id]
    assert {row["state"] for row in await house.deliveries()} == {"delivered"}


async def test_quiet_hours_hold_until_they_end_and_failures_pass(house: House, receiver: Receiver) -> None:
    await asks(house, receiver, quiet_hours=await _quiet_now(house))
    async with house.notifier() as notifier:
        failed, done = await house.happen(FAILED), await house.happen(DONE)
        await turn(notifier)
        assert [hit.headers["webhook-id"] for hit in receiver.hits] == [failed.id]
        held = (await house.deliveries())[1]
        assert (held["state"], held["hold"]) == ("held", "quiet_hours")
        assert held["reason"].startswith("Quiet hours until 20")
        assert await notifier.keeper.release() == 0
        assert await time_has_come(house, notifier) == 1
        await turn(notifier)
    assert [hit.headers["webhook-id"] for hit in receiver.hits] == [failed.id, done.id]


async def test_what_a_pause_held_is_held_on_by_the_quiet_hours_it_ends_in(house: House, receiver: Receiver) -> None:
    endpoint_id = await asks(house, receiver, status="paused", quiet_hours=await _quiet_now(house))
    async with house.notifier() as notifier:
        await house.happen(DONE)
        await turn(notifier)
        await change(house, endpoint_id, status="enabled")
        await turn(notifier)
        (held,) = await house.deliveries()
        assert (held["state"], held["hold"]) == ("held", "quiet_hours")
        await change(house, endpoint_id, status="paused")
        (held,) = await house.deliveries()
        assert held["hold"] == "paused"
    assert receiver.hits == []


async def test_failures_that_a_pause_held_pass_the_quiet_hours_it_ends_in(house: House, receiver: Receiver) -> None:
    endpoint_id = await asks(house, receiver, status="paused", quiet_hours=await _quiet_now(house))
    async with house.notifier() as notifier:
        await house.happen(DONE)
        failed = await house.happen(FAILED)
        await turn(notifier)
        await change(house, endpoint_id, status="enabled")
        await turn(notifier)
    assert [hit.headers["webhook-id"] for hit in receiver.hits] == [failed.id]


async def _muted_out_of_a_pause(house: House, receiver: Receiver, notifier: Notifier) -> tuple[str, int]:
    """Let something happen in a pause that ends in a mute; return the endpoint, and when the mute ends."""
    async with house.database.begin() as session:
        until = int((await server_time(session)).timestamp()) + 3600
    endpoint_id = await asks(house, receiver, status="paused")
    await house.happen(FAILED)
    await turn(notifier)
    await change(house, endpoint_id, status="enabled", muted_until=until)
    return endpoint_id, until


async def test_what_a_pause_held_waits_for_the_end_of_a_mute(house: House, receiver: Receiver) -> None:
    async with house.notifier() as notifier:
        await _muted_out_of_a_pause(house, receiver, notifier)
        await turn(notifier)
        (held,) = await house.deliveries()
        assert (held["state"], held["hold"], receiver.hits) == ("held", "muted", [])
        assert await time_has_come(house, notifier) == 1
        await turn(notifier)
    assert len(receiver.hits) == 1


async def test_what_waits_for_the_end_of_a_mute_goes_when_the_mute_is_lifted_and_waits_on_when_it_is_prolonged(
    house: House, receiver: Receiver
) -> None:
    async with house.notifier() as notifier:
        endpoint_id, until = await _muted_out_of_a_pause(house, receiver, notifier)
        await change(house, endpoint_id, muted_until=until + 3600)
        (held,) = await house.deliveries()
        assert (held["hold"], int(held["run_at"].timestamp())) == ("muted", until + 3600)
        await change(house, endpoint_id, muted_until=None)
        assert await notifier.keeper.release() == 1
        await turn(notifier)
    assert len(receiver.hits) == 1


async def test_a_thin_endpoint_gets_the_id_alone_and_a_full_one_all(house: House, receiver: Receiver) -> None:
    await asks(house, receiver, payload_style="thin")
    await asks(house, receiver)
    async with house.notifier() as notifier:
        event = await house.happen(DONE, status="succeeded")
        await turn(notifier)
    thin, full = sorted((payload(hit) for hit in receiver.hits), key=lambda body: len(body["data"]))
    assert thin["data"] == {"id": event.subject_id}
    assert full["data"]["status"] == "succeeded"
    assert {name: thin[name] for name in thin if name != "data"} == {
        name: full[name] for name in full if name != "data"
    }


async def test_a_change_of_style_does_not_change_what_is_under_way(house: House, receiver: Receiver) -> None:
    receiver.answer = 500
    endpoint_id = await asks(house, receiver, payload_style="thin")
    async with house.notifier() as notifier:
        await house.happen(DONE)
        await turn(notifier)
        await change(house, endpoint_id, payload_style="full")
        await house.make_due()
        await turn(notifier)
    assert receiver.hits[0].body == receiver.hits[1].body


async def test_an_endpoint_that_we_switch_off_is_told_of_elsewhere(house: House, receiver: Receiver) -> None:
    off, _ = await house.endpoint(receiver.url, DONE)
    await house.endpoint(receiver.url, EventType.ENDPOINT_DISABLED)
    await house.endpoint(receiver.url, EventType.ENDPOINT_DISABLED, project=OTHER)
    async with house.database.begin() as session:
        assert await lifecycle.switch_off(session, off, "It was gone.") is True
        assert await lifecycle.switch_off(session, off, "It was gone.") is False
    async with house.notifier() as notifier:
        await turn(notifier)
    (hit,) = receiver.hits
    told = payload(hit)
    assert (told["type"], told["data"]["id"], told["data"]["status_reason"]) == (
        "webhook_endpoint.disabled",
        off,
        "It was gone.",
    )


async def test_an_endpoint_that_its_project_switches_off_is_no_event(house: House, receiver: Receiver) -> None:
    endpoint_id = await asks(house, receiver)
    await change(house, endpoint_id, status="disabled")
    assert await house.rows("SELECT id FROM events") == []


async def test_what_is_held_for_an_endpoint_that_is_switched_off_is_dropped(house: House, receiver: Receiver) -> None:
    endpoint_id = await asks(house, receiver, status="paused")
    async with house.notifier() as notifier:
        await house.happen(DONE)
        await turn(notifier)
        await change(house, endpoint_id, status="disabled")
        (delivery,) = await house.deliveries()
        assert (delivery["state"], delivery["reason"]) == ("dropped", "The endpoint was disabled.")
        await house.happen(DONE)
        await turn(notifier)
    assert len(await house.deliveries()) == 1


async def test_what_was_held_by_a_pause_that_had_ended_is_found(house: House, receiver: Receiver) -> None:
    await asks(house, receiver)
    async with house.notifier() as notifier:
        await house.happen(DONE)
        await house.rows("UPDATE webhook_endpoints SET status = 'paused'")
        await turn(notifier)
        await house.rows("UPDATE webhook_endpoints SET status = 'enabled'")
        await notifier.keeper.tidy()
        await turn(notifier)
    assert len(receiver.hits) == 1
