"""No secret of an endpoint stands in a log line or an answer, whatever is done with it, but the once it is shown"""

import io
import logging
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from services.notifier.app import Notifier
from shared import log
from shared.settings import Settings, SmtpSettings
from tests.conftest import House
from tests.integration.services.notifier.stage import receiving, turn

from .asking import Asking, happen, make_due

SLACK_PATH = "services/T024BE91L/B024BE91M/abcdefghijklmnopqrstuvwx"
TOKEN = "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy"
OWN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HEADER = "hunter2-is-not-a-good-password"
APPRISE = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    smtp = SmtpSettings.model_validate({"host": "127.0.0.1", "port": 9, "tls": "none", "from": "t@example.com"})
    return settings.model_copy(update={"smtp": smtp, "apprise_services": ["discord"]})


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    log.configure("tests", "debug", "json")
    yield written
    logging.basicConfig(handlers=before, level=level, force=True)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


async def test_nothing_that_is_secret_is_written_anywhere(
    house: House, mine: Asking, lines: io.StringIO, notifier: Notifier
) -> None:
    async with receiving(503) as receiver:
        slack = receiver.url.replace("hook", SLACK_PATH)
        made = await mine.endpoint(receiver.url, headers={"X-Token": HEADER}, signing_secret=OWN, signature="ed25519")
        others = [
            await mine.endpoint(None, channel="slack", credentials={"url": slack}),
            await mine.endpoint(None, channel="slack", credentials={"token": TOKEN}, target={"channel": "C024BE91L"}),
            await mine.endpoint(None, channel="apprise", credentials={"url": APPRISE}),
        ]
        path = f"/webhook_endpoints/{made['id']}"
        rotated = await mine.post(f"{path}/rotate_secret", {"keep_old_secret_active_for_24_hours": True})
        await happen(house)
        await turn(notifier)
        receiver.answer = 200
        await make_due(house)
        await turn(notifier)
        answers: list[Any] = [others, await mine.get("/webhook_endpoints"), await mine.get(path)]
        answers.append(await mine.get(f"{path}/deliveries"))
        delivery = answers[-1]["data"][0]["id"]
        answers += [await mine.post(f"/deliveries/{delivery}/resend"), await mine.post(path, {"name": "y"})]
        answers.append(await mine.post(f"{path}/recover", {"since": int(time.time()) - 60}))
        for each in (made, *others):
            wrong = {"credentials": {"url": f"https://evil.example.com/{TOKEN}"}, "headers": {"Host": HEADER}}
            answers.append(await mine.ask("POST", f"/webhook_endpoints/{each['id']}", wrong))
        await turn(notifier)
    secrets = {
        "slack": SLACK_PATH,
        "token": TOKEN,
        "own": OWN,
        "header": HEADER,
        "apprise": APPRISE.rpartition("/")[2],
        "new": rotated["signing_secret"],
        "private": "whsk_",
    }
    told, logged = str(answers), lines.getvalue()
    assert "delivery.succeeded" in logged
    for name, secret in secrets.items():
        assert secret not in told, name
        assert secret not in logged, name
