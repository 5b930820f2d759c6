"""What tries say of their endpoint: it is spared, warned of by other channels, switched off, set aside."""

import json
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from services.notifier.app import Notifier
from shared import clock
from shared.endpoints.deliveries import Claimed
from shared.endpoints.health import FIRST_PACE, PATIENCE, SLOWEST_PACE
from shared.endpoints.policy import Answer, Verdict
from shared.events.catalogue import EventType

from .stage import House, Receiver, payload, receiving, turn


class Fake:
    """A channel that takes everything, or says what it is told to."""

    def __init__(self, verdict: Verdict | None = None) -> None:
        self.verdict = verdict
        self.got: list[Claimed] = []

    async def send(self, delivery: Claimed) -> Answer:
        self.got.append(delivery)
        return Answer(clock.now(), 0.01, status=200, verdict=self.verdict)


async def _slack(house: House, notifier: Notifier, verdict: Verdict | None = None) -> tuple[str, Fake]:
    """Make an endpoint that people read, asking for one type only."""
    endpoint_id, _ = await house.endpoint("https://hooks.slack.com/x", EventType.MODEL_READY)
    await house.rows("UPDATE webhook_endpoints SET channel = 'slack' WHERE id = :id", id=endpoint_id)
    fake = Fake(verdict)
    notifier.drain.senders = {**notifier.drain.senders, "slack": fake}
    return endpoint_id, fake


async def _endpoint(house: House, endpoint_id: str) -> dict[str, Any]:
    (row,) = await house.rows("SELECT * FROM webhook_endpoints WHERE id = :id", id=endpoint_id)
    return row


async def _failing_for(house: House, endpoint_id: str, share: float) -> None:
    await house.rows(
        "UPDATE webhook_endpoints SET failing_since = now() - make_interval(secs => :seconds) WHERE id = :id",
        seconds=PATIENCE.total_seconds() * share,
        id=endpoint_id,
    )


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_too_much_or_not_now_slows_the_endpoint_down_until_it_answers_again(house: House, status: int) -> None:
    answers = iter([status, status, 200, 200])

    async def improving(_request: web.Request) -> web.Response:
        return web.Response(status=next(answers))

    async with receiving(improving) as receiver, house.notifier() as notifier:
        endpoint_id, _ = await house.endpoint(receiver.url)
        paces = []
        for _ in range(4):
            await house.happen()
            await house.make_due()
            await notifier.look()
            await notifier.drain.finish(5)
            await notifier.recorder.flush()
            paces.append((await _endpoint(house, endpoint_id))["slow_seconds"])
    # One at a time: with a pace, a turn sends one of those that wait.
    assert paces == [FIRST_PACE, 2 * FIRST_PACE, FIRST_PACE, None]
    assert len(receiver.hits) == 4


async def test_the_pace_never_gets_slower_than_its_limit_and_retry_after_holds_the_whole_endpoint(house: House) -> None:
    async def busy(_request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"retry-after": "3600"})

    async with receiving(busy) as receiver, house.notifier() as notifier:
        endpoint_id, _ = await house.endpoint(receiver.url)
        await house.rows("UPDATE webhook_endpoints SET slow_seconds = :most", most=SLOWEST_PACE)
        await house.happen()
        await turn(notifier)
        await house.happen()
        await turn(notifier)
        assert len(receiver.hits) == 1, "what is new waits as long as it asked"
        row = await _endpoint(house, endpoint_id)
    assert row["slow_seconds"] == SLOWEST_PACE
    assert timedelta(minutes=59) < row["slowed_until"] - clock.now() <= timedelta(hours=1)


async def test_another_failure_slows_nothing_and_a_success_ends_the_failing(house: House, receiver: Receiver) -> None:
    receiver.answer = 500
    endpoint_id, _ = await house.endpoint(receiver.url)
    async with house.notifier() as notifier:
        await house.happen()
        await turn(notifier)
        row = await _endpoint(house, endpoint_id)
        assert (row["slow_seconds"], row["slowed_until"]) == (None, None)
        since = row["failing_since"]
        await house.make_due()
        await turn(notifier)
        assert (await _endpoint(house, endpoint_id))["failing_since"] == since is not None
        receiver.answer = 200
        await house.make_due()
        await turn(notifier)
    assert (await _endpoint(house, endpoint_id))["failing_since"] is None


async def test_people_are_warned_by_another_channel_once_at_each_share_and_told_of_the_end(
    house: House, receiver: Receiver
) -> None:
    receiver.answer = 500
    endpoint_id, _ = await house.endpoint(receiver.url)
    async with house.notifier() as notifier:
        _, people = await _slack(house, notifier)
        await house.happen()
        await turn(notifier)
        for share in (0.4, 0.55, 0.6, 0.75, 0.95, 0.97, 1.01):
            await _failing_for(house, endpoint_id, share)
            await house.make_due()
            await turn(notifier)
            await turn(notifier)
    told = [payload_of(delivery) for delivery in people.got]
    assert [(each["type"], each["data"].get("percent")) for each in told] == [
        ("webhook_endpoint.failing", 50),
        ("webhook_endpoint.failing", 70),
        ("webhook_endpoint.failing", 90),
        ("webhook_endpoint.disabled", None),
    ]
    assert told[0]["data"]["id"] == endpoint_id
    assert told[0]["data"]["last_error"] == "The endpoint answered 500."
    assert [each["sequence"] for each in told] == [1, 2, 3, 4]
    row = await _endpoint(house, endpoint_id)
    assert row["status"] == "disabled"
    assert row["status_reason"] == "Nothing but failures for 5 days. Last: The endpoint answered 500."
    assert {row["origin"] for row in await house.deliveries()} == {"event", "notice"}


async def test_nobody_is_switched_off_without_the_last_warning_and_half_a_day(house: House, receiver: Receiver) -> None:
    receiver.answer = 500
    endpoint_id, _ = await house.endpoint(receiver.url)
    async with house.notifier() as notifier:
        await house.happen()
        await turn(notifier)
        # Told of one thing a month ago, and of the next today.
        await _failing_for(house, endpoint_id, 6)
        for _ in range(2):
            await house.make_due()
            await turn(notifier)
    row = await _endpoint(house, endpoint_id)
    assert (row["status"], row["warned_percent"]) == ("enabled", 90)
    assert PATIENCE * 0.89 < clock.now() - row["failing_since"] < PATIENCE * 0.91


async def test_a_program_hears_of_a_failing_endpoint_only_if_it_asked(house: House, receiver: Receiver) -> None:
    receiver.answer = 500
    async with receiving() as asked, receiving() as did_not, house.notifier() as notifier:
        endpoint_id, _ = await house.endpoint(receiver.url)
        await house.endpoint(asked.url, "webhook_endpoint.failing")
        await house.endpoint(did_not.url, EventType.MODEL_READY)
        await house.happen()
        await turn(notifier)
        await _failing_for(house, endpoint_id, 0.5)
        await house.make_due()
        await turn(notifier)
        await turn(notifier)
        assert [payload(hit)["data"]["percent"] for hit in asked.hits] == [50]
        assert did_not.hits == []


async def test_a_channel_that_cannot_work_is_set_aside_its_message_kept_and_people_are_told(house: House) -> None:
    async with house.notifier() as notifier:
        broken, channel = await _slack(house, notifier, Verdict("pause", "Slack: channel_is_archived."))
        other, _ = await house.endpoint("https://hooks.slack.com/y", EventType.JOB_FAILED)
        await house.rows("UPDATE webhook_endpoints SET channel = 'email' WHERE id = :id", id=other)
        mail = Fake()
        notifier.drain.senders = {**notifier.drain.senders, "email": mail}
        await house.happen(EventType.MODEL_READY)
        await turn(notifier)
        await turn(notifier)
    row = await _endpoint(house, broken)
    assert (row["status"], row["status_reason"]) == ("paused", "Slack: channel_is_archived.")
    (kept,) = await house.rows("SELECT * FROM deliveries WHERE endpoint_id = :id", id=broken)
    assert (kept["state"], kept["hold"], kept["attempt"]) == ("held", "paused", 1)
    assert [payload_of(delivery)["type"] for delivery in mail.got] == ["webhook_endpoint.paused"]
    assert len(channel.got) == 1


@pytest.mark.parametrize(
    ("status", "said", "state", "enabled"),
    [
        (200, "disable", "delivered", "disabled"),
        (500, "Disable", "failed", "disabled"),
        (500, "abort-message", "failed", "enabled"),
        (200, "abort-message", "delivered", "enabled"),
        (500, "something-else", "pending", "enabled"),
    ],
)
async def test_what_the_answer_says_of_deliveries_is_obeyed(
    house: House, status: int, said: str, state: str, enabled: str
) -> None:
    async def control(_request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Webhook-Delivery": said})

    async with receiving(control) as receiver, house.notifier() as notifier:
        endpoint_id, _ = await house.endpoint(receiver.url)
        await house.happen()
        await turn(notifier)
    (delivery,) = await house.deliveries()
    assert (delivery["state"], (await _endpoint(house, endpoint_id))["status"]) == (state, enabled)


def payload_of(delivery: Claimed) -> Any:
    return json.loads(delivery.body)
