"""The endpoints' paths with the official SDK, and what only plain HTTP can ask."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import openai
import pytest
from sqlalchemy import text
from standardwebhooks import Webhook

from shared.db.database import sql
from shared.security.keys import make, new_key
from shared.security.tables import Project
from tests.conftest import House
from tests.integration.services.notifier.stage import receiving, working_notifier
from tests.unit.shared.security.bad_urls import BAD_URLS

HOOK = "http://127.0.0.1:9/hook"


@pytest.fixture
async def client(house: House) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key, max_retries=0) as opened:
        yield opened


async def _ask(house: House, method: str, path: str, body: Any = None, key: str | None = None) -> tuple[int, Any]:
    headers = {"authorization": f"Bearer {key or house.key}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, house.url + path, json=body) as answer,
    ):
        return answer.status, await answer.json()


async def test_the_life_of_an_endpoint_by_the_sdk(client: openai.AsyncOpenAI) -> None:
    made = await client.webhooks.create(name="mine", url=HOOK, event_types=["fine_tuning.job.succeeded"])
    assert made.object == "webhook_endpoint"
    assert made.signing_secret.startswith("whsec_")
    assert made.signing_secret_hint == f"whsec_…{made.signing_secret[-4:]}"
    seen = await client.webhooks.retrieve(made.id)
    assert (seen.id, seen.name, seen.url, seen.event_types) == (made.id, "mine", HOOK, ["fine_tuning.job.succeeded"])
    assert "signing_secret" not in seen.to_dict()
    changed = await client.webhooks.update(made.id, name="yours", event_types=["fine_tuning.job.failed"])
    assert (changed.name, changed.url, changed.event_types) == ("yours", HOOK, ["fine_tuning.job.failed"])
    rotated = await client.webhooks.rotate_secret(made.id)
    assert rotated.signing_secret != made.signing_secret
    gone = await client.webhooks.delete(made.id)
    assert (gone.object, gone.deleted) == ("webhook_endpoint.deleted", True)
    with pytest.raises(openai.NotFoundError):
        await client.webhooks.retrieve(made.id)
    assert [endpoint async for endpoint in client.webhooks.list()] == []


async def test_the_list_is_newest_first_and_paged(client: openai.AsyncOpenAI) -> None:
    made = [
        (await client.webhooks.create(name=str(n), url=HOOK, event_types=["fine_tuning.job.failed"])).id
        for n in range(5)
    ]
    first = await client.webhooks.list(limit=2)
    assert (first.has_more, [endpoint.id for endpoint in first.data]) == (True, made[:2:-1])
    assert [endpoint.id async for endpoint in client.webhooks.list(limit=2)] == made[::-1]


async def test_the_event_types_are_openais_and_ours(client: openai.AsyncOpenAI) -> None:
    types = (await client.webhooks.event_types.list()).data
    assert {"fine_tuning.job.succeeded", "file.processed", "model.ready"} <= set(types)


async def test_a_test_comes_at_once_and_verifies(house: House, client: openai.AsyncOpenAI) -> None:
    async with receiving(418) as receiver, working_notifier(house.runtime.database, house.runtime.ring):
        made = await client.webhooks.create(name="t", url=receiver.url, event_types=["fine_tuning.job.failed"])
        result = await client.webhooks.test(made.id, event_type="fine_tuning.job.failed")
        (hit,) = receiver.hits
        Webhook(made.signing_secret).verify(hit.body, hit.headers)
    assert (result.status_code, result.event_type, result.webhook_endpoint_id) == (
        418,
        "fine_tuning.job.failed",
        made.id,
    )
    _, log = await _ask(house, "GET", f"/webhook_endpoints/{made.id}/deliveries")
    (delivery,) = log["data"]
    assert (delivery["state"], delivery["event_type"]) == ("failed", "fine_tuning.job.failed")
    assert [attempt["status_code"] for attempt in delivery["attempts"]] == [418]


async def test_a_test_without_an_answer_says_why(house: House, client: openai.AsyncOpenAI) -> None:
    async with working_notifier(house.runtime.database, house.runtime.ring):
        made = await client.webhooks.create(name="t", url=HOOK, event_types=["fine_tuning.job.failed"])
        with pytest.raises(openai.BadRequestError, match="No answer: connection_refused"):
            await client.webhooks.test(made.id, event_type="fine_tuning.job.failed")


async def test_a_test_of_an_endpoint_that_is_spared_says_until_when_and_how_to_ask_it_all_the_same(
    house: House, client: openai.AsyncOpenAI
) -> None:
    async with receiving() as receiver, working_notifier(house.runtime.database, house.runtime.ring):
        made = await client.webhooks.create(name="t", url=receiver.url, event_types=["fine_tuning.job.failed"])
        async with house.runtime.begin() as session:
            spare = "UPDATE webhook_endpoints SET slow_seconds = 64, slowed_until = now() + interval '3 hours'"
            await sql(session, text(spare))
        _, shown = await _ask(house, "GET", f"/webhook_endpoints/{made.id}")
        assert shown["slowed_until"] > shown["created_at"]
        with pytest.raises(openai.BadRequestError, match=r"is left alone until 20.* pause and enable it"):
            await client.webhooks.test(made.id, event_type="fine_tuning.job.failed")
        assert receiver.hits == []
        for status in ("paused", "enabled"):
            await _ask(house, "POST", f"/webhook_endpoints/{made.id}", {"status": status})
        assert (await client.webhooks.test(made.id, event_type="fine_tuning.job.failed")).status_code == 200


async def test_a_repeated_test_is_one_and_gives_the_same_answer(house: House, client: openai.AsyncOpenAI) -> None:
    async with receiving() as receiver, working_notifier(house.runtime.database, house.runtime.ring):
        made = await client.webhooks.create(name="t", url=receiver.url, event_types=["fine_tuning.job.failed"])
        ask = {"event_type": "fine_tuning.job.failed", "extra_headers": {"Idempotency-Key": "once"}}
        first, second = [await client.webhooks.test(made.id, **ask) for _ in range(2)]  # type: ignore[arg-type]
        assert first == second
        assert len(receiver.hits) == 1
        told = json.loads(receiver.hits[0].body)
        assert (told["test"], told["data"]["status"], told["data"]["object"]) == (True, "failed", "fine_tuning.job")


async def test_another_projects_endpoint_does_not_exist(house: House, client: openai.AsyncOpenAI) -> None:
    made = await client.webhooks.create(name="mine", url=HOOK, event_types=["fine_tuning.job.failed"])
    other = new_key()
    async with house.runtime.begin() as session:
        session.add(Project(id="proj_other", name="other"))
        await session.flush()
        session.add(make("proj_other", "other", ["admin"], other))
    path = f"/webhook_endpoints/{made.id}"
    asked = [("GET", path), ("POST", path), ("DELETE", path), ("POST", f"{path}/rotate_secret")]
    asked += [("GET", f"{path}/deliveries")]
    for method, each in asked:
        status, _ = await _ask(house, method, each, {} if method == "POST" else None, key=other)
        assert status == 404, (method, each)
    assert (await _ask(house, "GET", "/webhook_endpoints", key=other))[1]["data"] == []
    assert (await client.webhooks.retrieve(made.id)).name == "mine"


#: A change of a good body, the field that is named, and what is said of it.
WRONG: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"event_types": ["batch.completed"]}, "event_types", "is not an event type that is sent"),
    ({"event_types": []}, "event_types", "is empty"),
    ({"channel": "pigeon"}, "channel", "'webhook', 'slack', 'email' or 'apprise'"),
    ({"channel": "slack"}, "url", 'the channel "slack" has none'),
    ({"channel": "email", "url": None}, "channel", "no mail server here"),
    ({"target": {"to": "a@b.com"}}, "target", 'the channel "webhook" has none'),
    ({"target": "C1"}, "target", "must be an object; it is a string"),
    ({"filter": {"model": "x"}}, "filter.model", "is not a field"),
    ({"filter": "x"}, "filter", "must be an object; it is a string"),
    ({"filter": {"models": "x"}}, "filter.models", "must be an array; it is a string"),
    ({"filter": {"models": ["x"] * 101}}, "filter.models", "must have at most 100; it has 101"),
    ({"filter": {"metadata": {"a": 1}}}, "filter.metadata.a", "string"),
    ({"muted_until": 1}, "muted_until", "is not within the year ahead"),
    ({"muted_until": "tomorrow"}, "muted_until", "integer"),
    ({"quiet_hours": {"from": "22:00"}}, "quiet_hours.to", "is required"),
    ({"quiet_hours": {"from": "1", "to": "2", "time_zone": "UTC", "start": "3"}}, "quiet_hours.start", "not a field"),
    ({"quiet_hours": {"from": "9", "to": "10:00", "time_zone": "UTC"}}, "quiet_hours.from", "time of day"),
    ({"digest_minutes": 5}, "digest_minutes", "a webhook is told of each event by itself"),
    ({"digest_minutes": 0}, "digest_minutes", "greater than or equal to 1"),
    ({"headers": {"Host": "x"}}, "headers", "may not be set"),
    ({"headers": {"X-A": "a\nb"}}, "headers", "line break"),
    ({"headers": ["x"]}, "headers", "must be an object; it is an array"),
    ({"rate_limit": 0}, "rate_limit", "greater than"),
    ({"rate_limit": True}, "rate_limit", "number"),
    ({"ordered": "yes"}, "ordered", "boolean"),
    ({"payload_style": "slim"}, "payload_style", "'full' or 'thin'"),
    ({"signature": "rsa"}, "signature", "'hmac' or 'ed25519'"),
    ({"signing_secret": "whsec_c2hvcnQ="}, "signing_secret", "24 to 64 bytes; this one has 5"),
    ({"signing_secret": "hunter2"}, "signing_secret", 'starts with "whsec_"'),
    ({"url": "https://hooks.internal/x"}, "url", "does not lead to a public address"),
    ({"url": 7}, "url", "string"),
    ({"name": ""}, "name", "at least 1 character"),
    ({"colour": "red"}, "colour", "not a field"),
    ({"status": "asleep"}, "status", "'enabled', 'paused' or 'disabled'"),
)


async def test_a_wrong_field_is_named(house: House) -> None:
    for change, param, says in WRONG:
        body = {"name": "x", "url": HOOK, "event_types": ["file.error"], **change}
        status, answer = await _ask(house, "POST", "/webhook_endpoints", body)
        assert (status, answer["error"]["param"]) == (400, param), change
        assert says in answer["error"]["message"], change


async def test_every_url_that_leads_inside_is_refused_at_creation_and_at_change(
    house: House, client: openai.AsyncOpenAI
) -> None:
    made = await client.webhooks.create(name="x", url=HOOK, event_types=["fine_tuning.job.failed"])
    loopback = ("https://127.0.0.1/h", "https://127.255.255.254/h", "https://[::1]/h")
    here = (*loopback, "https://localhost/h", "https://LOCALHOST/h")
    for url in BAD_URLS.keys() - {*here, "https://①②⑦.⓪.⓪.①/h", "https://127。0。0。1/h", "https://１２７.0.0.1/h"}:
        body = {"name": "x", "url": url, "event_types": ["file.error"]}
        for path, sent in (("/webhook_endpoints", body), (f"/webhook_endpoints/{made.id}", {"url": url})):
            status, answer = await _ask(house, "POST", path, sent)
            assert (status, answer["error"]["param"]) == (400, "url"), url
    assert (await client.webhooks.retrieve(made.id)).url == HOOK


async def test_a_disabled_endpoint_says_so_and_can_be_enabled_again(house: House, client: openai.AsyncOpenAI) -> None:
    made = await client.webhooks.create(name="x", url=HOOK, event_types=["fine_tuning.job.failed"])
    path = f"/webhook_endpoints/{made.id}"
    _, off = await _ask(house, "POST", path, {"status": "disabled"})
    assert (off["status"], off["status_reason"]) == ("disabled", "Switched off by a member of the project.")
    status, answer = await _ask(house, "POST", f"{path}/test", {"event_type": "file.error"})
    assert (status, answer["error"]["param"]) == (400, "status")
    _, on = await _ask(house, "POST", path, {"status": "enabled"})
    assert (on["status"], on["status_reason"]) == ("enabled", None)


async def test_the_stored_secret_is_encrypted_and_goes_with_the_endpoint(
    house: House, client: openai.AsyncOpenAI
) -> None:
    made = await client.webhooks.create(name="x", url=HOOK, event_types=["fine_tuning.job.failed"])
    async with house.runtime.database.begin() as session:
        stored = (await sql(session, text("SELECT secret FROM webhook_endpoints"))).scalar_one()
    assert made.signing_secret not in stored
    assert house.runtime.ring.decrypt(stored) == made.signing_secret
    await client.webhooks.delete(made.id)
    async with house.runtime.database.begin() as session:
        assert (await sql(session, text("SELECT secret FROM webhook_endpoints"))).scalar_one() is None


async def test_the_same_idempotency_key_makes_one_endpoint_with_one_secret(
    house: House, client: openai.AsyncOpenAI
) -> None:
    asked: Any = {"name": "x", "url": HOOK, "event_types": ["fine_tuning.job.failed"]}
    first = await client.webhooks.create(**asked, extra_headers={"Idempotency-Key": "once"})
    second = await client.webhooks.create(**asked, extra_headers={"Idempotency-Key": "once"})
    assert (first.id, first.signing_secret) == (second.id, second.signing_secret)
    assert len((await client.webhooks.list()).data) == 1
