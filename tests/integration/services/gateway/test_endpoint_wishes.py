"""What endpoints may ask for beside OpenAI's three fields: taken, shown, changed, and kept secret."""

import asyncio
import base64
import time
from typing import Any

import pytest
from sqlalchemy import text

from shared.db.database import sql
from shared.settings import Settings, SmtpSettings
from tests.conftest import House

from .asking import HOOK, Asking

SLACK_URL = "https://hooks.slack.com/services/T024BE91L/B024BE91M/abcdefghijklmnopqrstuvwx"
TOKEN = "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy"
HOURS = {"from": "22:00", "to": "07:00", "time_zone": "Europe/Berlin", "failures_pass": True}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    smtp = SmtpSettings.model_validate({"host": "127.0.0.1", "tls": "none", "from": "tuneyard@example.com"})
    return settings.model_copy(update={"smtp": smtp, "apprise_services": ["discord"]})


async def test_everything_that_can_be_asked_is_shown_and_can_be_taken_back(mine: Asking) -> None:
    asked: dict[str, Any] = {
        "filter": {"models": ["gpt-4o-mini"], "jobs": ["ftjob-1"], "metadata": {"team": "blue"}},
        "status": "paused",
        "muted_until": int(time.time()) + 3600,
        "quiet_hours": HOURS,
        "rate_limit": 2.5,
        "ordered": True,
        "payload_style": "thin",
        "description": "the desk",
        "metadata": {"a": "b"},
    }
    made = await mine.endpoint(**asked)
    assert {name: made[name] for name in asked} == asked
    assert made["status_reason"] == "Paused by a member of the project."
    path = f"/webhook_endpoints/{made['id']}"
    back: dict[str, Any] = {
        "filter": {},
        "status": "enabled",
        "muted_until": None,
        "quiet_hours": None,
        "rate_limit": None,
        "ordered": False,
        "payload_style": "full",
        "description": None,
        "metadata": {},
    }
    changed = await mine.post(path, back)
    assert {name: changed[name] for name in back} == back
    assert await mine.get(path) == changed


async def test_each_channel_is_made_with_its_own_address_and_shows_no_secret(mine: Asking) -> None:
    hook = await mine.endpoint(None, channel="slack", credentials={"url": SLACK_URL})
    bot = await mine.endpoint(None, channel="slack", credentials={"token": TOKEN}, target={"channel": "C024BE91L"})
    mail = await mine.endpoint(None, channel="email", target={"to": "a@b.com"}, digest_minutes=30)
    other = await mine.endpoint(None, channel="apprise", credentials={"url": "discord://id/secret-token"})
    assert [(each["channel"], each["target"], each["credentials_hint"]) for each in (hook, bot, mail, other)] == [
        ("slack", {"kind": "webhook"}, "https://hooks.slack.com/services/…uvwx"),
        ("slack", {"kind": "bot", "channel": "C024BE91L"}, "xoxb-…qqgy"),
        ("email", {"to": ["a@b.com"]}, None),
        ("apprise", {"service": "discord"}, "discord://…oken"),
    ]
    assert [each["url"] for each in (hook, bot, mail, other)] == [
        "https://hooks.slack.com/services/…uvwx",
        "https://slack.com/app_redirect?channel=C024BE91L",
        "mailto:a@b.com",
        "discord://…oken",
    ]
    assert {each["signing_secret"] for each in (hook, bot, mail, other)} == {None}
    assert mail["digest_minutes"] == 30
    for secret in (SLACK_URL, TOKEN, "secret-token"):
        assert secret not in str((hook, bot, mail, other, await mine.get("/webhook_endpoints")))
    status, answer = await mine.ask("POST", f"/webhook_endpoints/{mail['id']}/rotate_secret")
    assert (status, "signs nothing" in answer["error"]["message"]) == (400, True)


async def test_a_part_of_an_address_is_changed_and_the_whole_is_checked(mine: Asking) -> None:
    bot = await mine.endpoint(None, channel="slack", credentials={"token": TOKEN}, target={"channel": "C024BE91L"})
    path = f"/webhook_endpoints/{bot['id']}"
    changed = await mine.post(path, {"target": {"channel": "C024BE92M"}})
    assert (changed["target"]["channel"], changed["credentials_hint"]) == ("C024BE92M", "xoxb-…qqgy")
    changed = await mine.post(path, {"credentials": {"token": TOKEN[:-4] + "zzzz"}})
    assert (changed["target"]["channel"], changed["credentials_hint"]) == ("C024BE92M", "xoxb-…zzzz")
    for wrong, param in (
        ({"credentials": {"url": SLACK_URL}}, "target"),  # a webhook has its own channel
        ({"url": HOOK}, "url"),
        ({"headers": {"X-A": "b"}}, "headers"),
        ({"signature": "ed25519"}, "signature"),
        ({"channel": "email"}, "channel"),
    ):
        status, answer = await mine.ask("POST", path, wrong)
        assert (status, answer["error"]["param"]) == (400, param)
    changed = await mine.post(path, {"credentials": {"url": SLACK_URL}, "target": {}})
    assert changed["target"] == {"kind": "webhook"}


async def test_two_changes_at_once_both_hold(mine: Asking) -> None:
    bot = await mine.endpoint(None, channel="slack", credentials={"token": TOKEN}, target={"channel": "C024BE91L"})
    path = f"/webhook_endpoints/{bot['id']}"
    token = {"credentials": {"token": TOKEN[:-4] + "zzzz"}}
    await asyncio.gather(*(mine.post(path, change) for change in (token, {"target": {"channel": "C024BE92M"}})))
    seen = await mine.get(path)
    assert (seen["target"]["channel"], seen["credentials_hint"]) == ("C024BE92M", "xoxb-…zzzz")


async def test_own_headers_keep_their_case_and_hide_their_values(house: House, mine: Asking) -> None:
    made = await mine.endpoint(headers={"X-Tenant-KEY": "hunter2-hunter2", "Authorization": "Bearer hunter3"})
    assert made["headers"] == {"X-Tenant-KEY": "…", "Authorization": "…"}
    path = f"/webhook_endpoints/{made['id']}"
    assert "hunter" not in str(await mine.get(path))
    async with house.runtime.database.begin() as session:
        stored = (await sql(session, text("SELECT headers FROM webhook_endpoints"))).scalar_one()
    assert "hunter" not in stored
    assert '"X-Tenant-KEY": "hunter2-hunter2"' in house.runtime.ring.decrypt(stored)
    assert (await mine.post(path, {"headers": {"X-B": "c"}}))["headers"] == {"X-B": "…"}
    assert (await mine.post(path, {"headers": {}}))["headers"] == {}


async def test_an_update_that_changes_nothing_leaves_the_time_of_the_last_change(house: House, mine: Asking) -> None:
    made = await mine.endpoint(headers={"X-A": "b"}, filter={"jobs": ["ftjob-1"]}, signature="ed25519")
    async with house.runtime.begin() as session:
        await sql(session, text("UPDATE webhook_endpoints SET updated_at = to_timestamp(1)"))
    path = f"/webhook_endpoints/{made['id']}"
    same = {"headers": {"X-A": "b"}, "filter": {"jobs": ["ftjob-1"]}, "status": "enabled", "signature": "ed25519"}
    assert (await mine.post(path, {**same, "url": HOOK, "name": "mine"}))["updated_at"] == 1
    assert (await mine.post(path, {"headers": {"X-A": "c"}}))["updated_at"] > 1


async def test_an_ed25519_key_is_made_on_request_and_its_public_half_shown(house: House, mine: Asking) -> None:
    made = await mine.endpoint(signature="ed25519")
    assert made["signature"] == "ed25519"
    assert made["signing_secret"].startswith("whsec_")
    public = made["ed25519_public_key"]
    assert len(base64.b64decode(public.removeprefix("whpk_"))) == 32
    async with house.runtime.database.begin() as session:
        stored = (await sql(session, text("SELECT ed25519_key FROM webhook_endpoints"))).scalar_one()
    assert house.runtime.ring.decrypt(stored).startswith("whsk_")
    path = f"/webhook_endpoints/{made['id']}"
    rotated = await mine.post(f"{path}/rotate_secret", {"key": "ed25519", "keep_old_secret_active_for_24_hours": True})
    assert rotated["signing_secret"] is None
    assert rotated["ed25519_public_key"] not in {public, None}
    off = await mine.post(path, {"signature": "hmac"})
    assert (off["signature"], off["ed25519_public_key"]) == ("hmac", None)
    status, answer = await mine.ask("POST", f"{path}/rotate_secret", {"key": "ed25519"})
    assert (status, answer["error"]["param"]) == (400, "key")


async def test_a_secret_may_be_brought_along(mine: Asking) -> None:
    own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    made = await mine.endpoint(signing_secret=own)
    assert (made["signing_secret"], made["signing_secret_hint"]) == (own, "whsec_…LaSw")
    other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    rotated = await mine.post(f"/webhook_endpoints/{made['id']}/rotate_secret", {"signing_secret": other})
    assert rotated["signing_secret"] == other
    status, _ = await mine.ask("POST", f"/webhook_endpoints/{made['id']}/rotate_secret", {"signing_secret": "x"})
    assert status == 400


async def test_each_rotation_keeps_the_grace_of_those_before_and_the_eleventh_is_refused(mine: Asking) -> None:
    made = await mine.endpoint()
    path = f"/webhook_endpoints/{made['id']}/rotate_secret"
    keep = {"keep_old_secret_active_for_24_hours": True}
    for count in range(1, 11):
        assert len((await mine.post(path, keep))["previous_secrets_end_at"]) == count
    status, answer = await mine.ask("POST", path, keep)
    assert (status, answer["error"]["code"]) == (400, "too_many_secrets")
    assert (await mine.post(path))["previous_secrets_end_at"] == []


async def test_what_is_required_is_required(mine: Asking) -> None:
    bodies: tuple[Any, ...] = ({}, {"name": "x"}, {"url": HOOK}, {"name": "x", "url": HOOK}, [])
    for body in bodies:
        status, answer = await mine.ask("POST", "/webhook_endpoints", body)
        assert (status, answer["error"]["type"]) == (400, "invalid_request_error"), body
