"""By the API alone: an endpoint that people read is made, a test goes there by the real way, and says that it is one"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from services.notifier.app import open_notifier
from services.notifier.channels import Options
from shared.security.reach import Reach
from shared.settings import Settings, SmtpSettings
from tests.conftest import open_house
from tests.mail_server import mail_server
from tests.slack_server import slack_server

DONE = "fine_tuning.job.succeeded"


class Api:
    """The gateway, asked as a caller does."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._headers = url, {"authorization": f"Bearer {key}"}

    async def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        async with (
            aiohttp.ClientSession(headers=self._headers) as session,
            session.post(f"{self._url}{path}", json=body) as response,
        ):
            return response.status, await response.json()

    async def test(self, channel: str, **fields: Any) -> tuple[int, dict[str, Any]]:
        """Make an endpoint and have a test sent there."""
        wanted = {"channel": channel, "name": "people", "event_types": [DONE], **fields}
        status, made = await self.post("/webhook_endpoints", wanted)
        assert status == 200, made
        return await self.post(f"/webhook_endpoints/{made['id']}/test", {"event_type": DONE})


@asynccontextmanager
async def serving(settings: Settings, **changed: Any) -> AsyncIterator[Api]:
    """A gateway and a notifier with these settings."""
    wanted = settings.model_copy(update={"public_url": "https://tune.example.com", **changed})
    async with open_house(wanted) as house:
        runtime = house.runtime
        reach, options = Reach.of(wanted), Options.of(wanted)
        async with open_notifier(runtime.database, runtime.ring, reach, options) as notifier:
            work = asyncio.create_task(notifier.run())
            try:
                yield Api(house.url, house.key)
            finally:
                notifier.stop()
                await work


async def test_a_test_goes_out_by_mail(settings: Settings) -> None:
    async with mail_server() as mail:
        smtp = SmtpSettings(host="localhost", port=mail.port, tls="none", sender="Tuneyard <t@tune.example.com>")
        async with serving(settings, smtp=smtp) as api:
            assert (await api.test("email", target={"to": "ada@example.com"}))[0] == 200
    (taken,) = mail.mails
    assert str(taken.message["Subject"]).startswith("[Test] Fine-tuning succeeded")
    text = taken.message.get_body(("plain",))
    assert text is not None and text.get_content().startswith("This is a test: what it tells of never happened.")


@pytest.mark.parametrize(
    ("token", "status", "said"),
    [("xoxb-1234567890-test", 200, None), ("xoxb-0000000000-other", 400, "Slack does not take the bot's token")],
)
async def test_a_test_goes_out_by_a_bot_and_a_token_that_is_not_taken_is_told(
    settings: Settings, token: str, status: int, said: str | None
) -> None:
    async with (
        slack_server() as slack,
        serving(settings, slack_api_url=f"{slack.url}api/") as api,
    ):
        answered, body = await api.test("slack", credentials={"token": token}, target={"channel": "C0TESTS00"})
    assert answered == status
    assert said is None or said in body["error"]["message"]
    assert [message.payload["text"].startswith("TEST ✅ Fine-tuning succeeded") for message in slack.messages] == (
        [True] if said is None else []
    )


async def test_mail_without_a_server_is_refused_when_it_is_wished_for(settings: Settings) -> None:
    async with serving(settings) as api:
        wanted = {"channel": "email", "name": "a", "event_types": [DONE], "target": {"to": "ada@example.com"}}
        status, body = await api.post("/webhook_endpoints", wanted)
    assert (status, "TUNEYARD_SMTP__HOST" in body["error"]["message"]) == (400, True)
