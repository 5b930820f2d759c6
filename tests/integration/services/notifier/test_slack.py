"""What a Slack with Slack's rules gets: by a webhook one message an event, by a bot one a job with its thread"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text

from services.notifier.app import Notifier, open_notifier
from services.notifier.channels import Options
from services.notifier.composer import Composer
from services.notifier.messages.links import Links
from services.notifier.messages.samples import sample
from services.notifier.slack.client import Client
from services.notifier.slack.pace import Pace
from services.notifier.slack.sender import SlackSender
from services.notifier.templates import Templates
from shared import clock
from shared.db.database import sql
from shared.endpoints import deliveries
from shared.endpoints.deliveries import Claimed
from shared.endpoints.payloads import render
from shared.endpoints.tables import WebhookEndpoint
from shared.events.catalogue import PUBLIC, EventType
from shared.events.record import record
from shared.jobs.tables import JobEvent
from shared.security.egress import open_egress
from shared.security.targets import check_url
from shared.wire import ids
from tests.slack_server import SlackServer, slack_server

from .stage import HERE, PROJECT, House, turn

_JOB = "ftjob-of-slack"


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with slack_server() as served:
        yield served


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "SLACK_SECONDS", 0.0)


@asynccontextmanager
async def notifying(house: House, slack: SlackServer) -> AsyncIterator[Notifier]:
    options = Options(public_url="https://tune.example.com", slack_api_url=f"{slack.url}api/")
    async with open_notifier(house.database, house.ring, HERE, options) as notifier:
        recording = asyncio.create_task(notifier.recorder.run())
        try:
            yield notifier
        finally:
            recording.cancel()


async def endpoint(house: House, credentials: dict[str, str], **target: str) -> str:
    """Make a Slack endpoint that is told of everything."""
    made = WebhookEndpoint(
        id=ids.new("wh_"),
        project_id=PROJECT,
        name="slack",
        channel="slack",
        target=target,
        credentials=house.ring.encrypt(json.dumps(credentials)),
        event_types=sorted(PUBLIC),
    )
    async with house.database.begin() as session:
        session.add(made)
    return made.id


async def bot(house: House) -> str:
    return await endpoint(house, {"token": "xoxb-test"}, kind="bot", channel="#training")


async def tell(house: House, notifier: Notifier, *kinds: EventType, **changed: Any) -> None:
    """Let each event happen to one job, and have it sent."""
    for kind in kinds:
        data = {**sample(kind).data, "id": _JOB, **changed}
        if kind == EventType.MODEL_READY:
            data |= {"id": "ft:x", "lineage": {**data["lineage"], "job_id": _JOB}}
        async with house.database.begin() as session:
            await record(session, kind, project_id=PROJECT, subject_id=str(data["id"]), data=data)
        await turn(notifier)


async def metrics(house: House, *losses: float) -> None:
    """Give the job a curve, without the job."""
    events: list[dict[str, object]] = [{"step": step, "train_loss": loss} for step, loss in enumerate(losses, start=1)]
    async with house.database.begin() as session:
        await sql(session, text("SET LOCAL session_replication_role = replica"))
        session.add_all(
            JobEvent(id=ids.new("ftevent-"), job_id=_JOB, level="info", message="step", type="metrics", data=data)
            for data in events
        )


async def test_a_webhook_gets_one_message_an_event_with_the_curve_in_a_line(house: House, slack: SlackServer) -> None:
    await endpoint(house, {"url": slack.hook}, kind="webhook")
    await metrics(house, 2.0, 1.0, 0.5)
    async with notifying(house, slack) as notifier:
        await tell(house, notifier, EventType.JOB_RUNNING, EventType.JOB_SUCCEEDED)
    running, succeeded = slack.messages
    assert "Training has begun" in running.payload["text"]
    told = "\n".join(succeeded.texts)
    assert "Fine-tuning succeeded: support-tone" in told and "train  █" in told
    assert "https://tune.example.com/ui/jobs/ftjob-of-slack" in json.dumps(succeeded.payload)
    assert [row["state"] for row in await house.deliveries()] == ["delivered", "delivered"]


async def test_a_bot_has_one_message_a_job_that_changes_and_a_thread(house: House, slack: SlackServer) -> None:
    await bot(house)
    await metrics(house, 2.0, 1.0, 0.5)
    async with notifying(house, slack) as notifier:
        kinds = (EventType.JOB_CREATED, EventType.JOB_QUEUED, EventType.JOB_RUNNING)
        await tell(house, notifier, *kinds)
        (parent,) = slack.messages
        assert (parent.versions, "Training has begun" in parent.payload["text"]) == (3, True)
        await tell(house, notifier, EventType.JOB_SUCCEEDED, EventType.MODEL_READY)
    (parent,) = slack.channel
    assert (parent.versions, "Fine-tuning succeeded" in parent.payload["text"]) == (4, True)
    details, ready = slack.thread(parent.ts)
    # Changing a message tells nobody, so the end is shown in the channel too; what comes after it is not.
    assert (details.payload["reply_broadcast"], ready.payload.get("reply_broadcast")) == (True, None)
    assert "chat.completions.create" in "\n".join(details.texts)
    assert "Model ready" in ready.payload["text"]
    (picture,) = slack.files
    assert (picture["thread_ts"], picture["content"][:4]) == (parent.ts, b"\x89PNG")


async def test_a_job_of_which_only_the_end_is_told_has_its_message_and_a_quiet_thread(
    house: House, slack: SlackServer
) -> None:
    await bot(house)
    async with notifying(house, slack) as notifier:
        await tell(house, notifier, EventType.JOB_FAILED)
    (parent,) = slack.channel
    (details,) = slack.thread(parent.ts)
    assert "line 41" in "\n".join(parent.texts) and details.payload["reply_broadcast"] is False
    assert slack.files == []


async def test_a_bot_without_the_right_to_files_tells_all_but_the_picture(house: House, slack: SlackServer) -> None:
    slack.scopes = {"chat:write"}
    await bot(house)
    await metrics(house, 2.0, 1.0)
    async with notifying(house, slack) as notifier:
        await tell(house, notifier, EventType.JOB_SUCCEEDED)
    assert len(slack.messages) == 2 and slack.files == []
    assert [row["state"] for row in await house.deliveries()] == ["delivered"]


async def test_a_second_try_repeats_nothing_that_was_done(house: House, slack: SlackServer) -> None:
    await bot(house)
    async with notifying(house, slack) as notifier:
        await tell(house, notifier, EventType.JOB_RUNNING)
        slack.say = ["", "internal_error"]  # the change is made, the details are not
        await tell(house, notifier, EventType.JOB_SUCCEEDED)
        assert len(slack.messages) == 1
        await house.make_due()
        await turn(notifier)
        await house.make_due()
        await turn(notifier)
    (parent,) = slack.channel
    assert len(slack.thread(parent.ts)) == 1
    assert {row["state"] for row in await house.deliveries()} == {"delivered"}


async def test_what_comes_late_does_not_turn_the_message_back(house: House, slack: SlackServer) -> None:
    await bot(house)
    async with notifying(house, slack) as notifier:
        await tell(house, notifier, EventType.JOB_CREATED, EventType.JOB_QUEUED, EventType.JOB_RUNNING)
        await house.rows(
            "UPDATE deliveries SET state = 'pending', finished_at = NULL "
            "WHERE event_id = (SELECT id FROM events WHERE type = 'fine_tuning.job.queued')"
        )
        await turn(notifier)
    (parent,) = slack.messages
    assert "Training has begun" in parent.payload["text"] and parent.versions == 3


async def test_a_message_that_somebody_deleted_is_posted_anew(house: House, slack: SlackServer) -> None:
    await bot(house)
    async with notifying(house, slack) as notifier:
        await tell(house, notifier, EventType.JOB_QUEUED)
        slack.messages.clear()
        slack.say = ["message_not_found"]
        await tell(house, notifier, EventType.JOB_RUNNING)
    assert len(slack.channel) == 1


async def test_blocks_that_slack_does_not_take_are_left_out(house: House, slack: SlackServer) -> None:
    await endpoint(house, {"url": slack.hook}, kind="webhook")
    slack.say = ["invalid_blocks"]
    async with notifying(house, slack) as notifier:
        await tell(house, notifier, EventType.JOB_FAILED)
    (message,) = slack.messages
    assert "blocks" not in message.payload and "Fine-tuning failed" in message.payload["text"]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("channel_is_archived", "The Slack channel is archived. Unarchive it, or choose another."),
        (
            "no_service",
            "The Slack webhook was removed or switched off. Make a new one and give its URL to the endpoint.",
        ),
    ],
)
async def test_what_a_person_must_mend_pauses_the_endpoint(
    house: House, slack: SlackServer, word: str, reason: str
) -> None:
    await endpoint(house, {"url": slack.hook}, kind="webhook")
    slack.say = [word]
    async with notifying(house, slack) as notifier:
        await tell(house, notifier, EventType.JOB_FAILED)
    (row,) = await house.rows("SELECT status, status_reason FROM webhook_endpoints")
    assert (row["status"], row["status_reason"]) == ("paused", reason)
    # It is kept for when the endpoint is enabled again.
    assert [each["state"] for each in await house.deliveries()] == ["held"]


async def test_a_token_that_slack_does_not_take_pauses_the_endpoint(house: House, slack: SlackServer) -> None:
    await endpoint(house, {"token": "xoxb-other"}, kind="bot", channel="#training")
    async with notifying(house, slack) as notifier:
        await tell(house, notifier, EventType.JOB_FAILED)
    (row,) = await house.rows("SELECT status, status_reason FROM webhook_endpoints")
    assert row["status"] == "paused" and "new one" in row["status_reason"]


@pytest.mark.parametrize("say", ["rollup_error", "reset"])
async def test_what_passes_is_tried_again(house: House, slack: SlackServer, say: str) -> None:
    await endpoint(house, {"url": slack.hook}, kind="webhook")
    slack.say = [say]
    async with notifying(house, slack) as notifier:
        await tell(house, notifier, EventType.JOB_FAILED)
        assert [row["state"] for row in await house.deliveries()] == ["pending"]
        await house.make_due()
        await turn(notifier)
    assert len(slack.messages) == 1
    assert [row["state"] for row in await house.deliveries()] == ["delivered"]


async def test_a_job_that_is_called_after_everybody_pings_nobody(house: House, slack: SlackServer) -> None:
    await endpoint(house, {"url": slack.hook}, kind="webhook")
    async with notifying(house, slack) as notifier:
        await tell(
            house, notifier, EventType.JOB_FAILED, user_provided_suffix="<!channel> @here <https://e.example|ok>"
        )
    told = "\n".join(slack.messages[0].texts)
    assert "&lt;!channel&gt; @here" in told
    parsed = [each["text"] for each in _mrkdwn_of(slack.messages[0].payload)]
    assert all("<" not in text for text in parsed)


async def test_what_comes_together_is_told_one_after_the_other_in_its_order(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A second is a hundredth here, for Slack and for us alike.
    monkeypatch.setattr(deliveries, "SLACK_SECONDS", 0.01)
    async with slack_server(pace=0.01, retry_after=0.05) as slack, notifying(house, slack) as notifier:
        await endpoint(house, {"url": slack.hook}, kind="webhook")
        jobs = [f"ftjob-{number:04}" for number in range(12)]
        async with house.database.begin() as session:
            for job in jobs:
                data = {**sample(EventType.JOB_QUEUED).data, "id": job}
                await record(session, EventType.JOB_QUEUED, project_id=PROJECT, subject_id=job, data=data)
        slack.say = ["", "", "rate_limited"]
        async with asyncio.timeout(30):
            while len(slack.messages) < len(jobs):
                await turn(notifier)
    assert _jobs(slack) == jobs
    assert slack.refused == ["rate_limited"]
    assert {row["state"] for row in await house.deliveries()} == {"delivered"}


async def test_a_burst_loses_nothing_keeps_the_pace_and_waits_as_long_as_slack_asks(house: House) -> None:
    async with slack_server(pace=0.01, retry_after=0.2) as slack, open_egress(HERE) as session:
        client = Client(session, f"{slack.url}api/", partial(check_url, reach=HERE))
        composer = Composer(house.database, Links(), Templates())
        sender = SlackSender(client, house.database, house.ring, composer, Pace(0.01))
        credentials = house.ring.encrypt(json.dumps({"url": slack.hook}))
        slack.say = [*[""] * 100, "rate_limited", *[""] * 100, "rate_limited"]
        jobs = [f"ftjob-{number:04}" for number in range(300)]
        answers = [await sender.send(_claimed(job, credentials)) for job in jobs]
    assert [answer.verdict and answer.verdict.kind for answer in answers] == ["delivered"] * 300
    assert _jobs(slack) == jobs
    waits = [after.at - before.at for before, after in pairwise(slack.messages)]
    assert min(waits) >= 0.009
    assert [wait > 0.2 for wait in waits].count(True) >= 2


def _jobs(slack: SlackServer) -> list[str]:
    return [re.findall("ftjob-[0-9]{4}", json.dumps(message.payload))[0] for message in slack.messages]


def _claimed(job: str, credentials: str) -> Claimed:
    """Return a delivery of an event that has no background to be read."""
    data = {"id": job, "object": "a job", "user_provided_suffix": job}
    body = render(event_id="evt_1", event_type=EventType.JOB_QUEUED, created_at=clock.now(), sequence=1, data=data)
    fields: dict[str, Any] = dict.fromkeys(Claimed.__dataclass_fields__)
    given = {"channel": "slack", "body": body.full, "credentials": credentials, "target": {}, "once": False}
    return Claimed(**{**fields, **given})


async def test_no_secret_stands_in_what_is_logged_or_kept(
    house: House, slack: SlackServer, capfd: pytest.CaptureFixture[str]
) -> None:
    await endpoint(house, {"url": slack.hook}, kind="webhook")
    slack.say = ["no_service"]
    async with notifying(house, slack) as notifier:
        await tell(house, notifier, EventType.JOB_FAILED)
    kept = json.dumps([await house.deliveries(), await house.attempts()], default=str)
    told = "".join(capfd.readouterr())
    assert "secretsecretsecret" not in kept + told


def _mrkdwn_of(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [found for each in value for found in _mrkdwn_of(each)]
    if not isinstance(value, dict):
        return []
    mine = [value] if value.get("type") == "mrkdwn" else []
    return mine + [found for each in value.values() for found in _mrkdwn_of(each)]
