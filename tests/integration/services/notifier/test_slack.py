"""What a Slack with Slack's rules gets: by a webhook one message an event, by a bot one a job with its thread"""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.endpoints import deliveries
from shared.endpoints.tables import WebhookEndpoint
from shared.events.catalogue import EventType
from shared.settings import SmtpSettings
from tests.mail_server import mail_server
from tests.slack_server import SlackServer, slack_server

from .slack_stage import bot, endpoint, metrics, notifying, tell
from .stage import PROJECT, House, turn


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with slack_server() as served:
        yield served


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "SLACK_SECONDS", 0.0)


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


async def test_what_pauses_an_endpoint_is_told_by_the_projects_other_channels(house: House, slack: SlackServer) -> None:
    by_mail = WebhookEndpoint(
        id="wh_mail",
        project_id=PROJECT,
        name="mail",
        channel="email",
        target={"to": ["ada@example.com"]},
        # Of this one it is told without having asked.
        event_types=["model.deleted"],
    )
    await endpoint(house, {"url": slack.hook}, kind="webhook")
    async with house.database.begin() as session:
        session.add(by_mail)
    slack.say = ["channel_is_archived"]
    async with mail_server() as mail:
        smtp = SmtpSettings(host="localhost", port=mail.port, tls="none", sender="t@tune.example.com")
        async with notifying(house, slack, smtp) as notifier:
            await tell(house, notifier, EventType.JOB_FAILED)
            await turn(notifier)
    (told,) = mail.mails
    assert str(told.message["Subject"]) == "Endpoint paused: slack"
    text = told.message.get_body(("plain",))
    assert text is not None and "Cause: The Slack channel is archived." in text.get_content()


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
