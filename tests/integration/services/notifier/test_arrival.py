"""What a receiver gets: it verifies, it is the event, and it comes once."""

import json
from datetime import datetime

import openai
import svix.webhooks
from openai.types.webhooks import FineTuningJobSucceededWebhookEvent
from standardwebhooks import Webhook

from shared.clock import unix
from shared.endpoints import rotation
from shared.endpoints.making import make_deliveries
from shared.endpoints.queries import get_endpoint
from shared.events.catalogue import EventType

from .stage import OTHER, PROJECT, House, Receiver, payload, receiving, turn


async def test_a_delivery_verifies_with_standardwebhooks_svix_and_the_sdk(house: House, receiver: Receiver) -> None:
    _, secret = await house.endpoint(receiver.url)
    event = await house.happen(status="succeeded", fine_tuned_model="ft:x")
    async with house.notifier() as notifier:
        await turn(notifier)
    (hit,) = receiver.hits
    assert Webhook(secret).verify(hit.body, hit.headers) == json.loads(hit.body)
    svix.webhooks.Webhook(secret).verify(hit.body, hit.headers)
    told = openai.OpenAI(api_key="none", webhook_secret=secret).webhooks.unwrap(hit.body, hit.headers)
    assert isinstance(told, FineTuningJobSucceededWebhookEvent)
    assert (told.id, told.data.id) == (event.id, event.subject_id)


async def test_the_payload_is_the_event_as_the_api_documents_it(house: House, receiver: Receiver) -> None:
    await house.endpoint(receiver.url)
    event = await house.happen(status="succeeded", note="naïve ☃ \u2028")
    async with house.notifier() as notifier:
        await turn(notifier)
    (hit,) = receiver.hits
    told = payload(hit)
    assert list(told) == ["id", "object", "created_at", "type", "timestamp", "sequence", "data"]
    assert told["id"] == hit.headers["webhook-id"] == event.id
    assert "." not in told["id"]
    assert (told["object"], told["type"], told["sequence"]) == ("event", "fine_tuning.job.succeeded", 1)
    assert told["data"] == event.data
    assert told["timestamp"].endswith("Z")
    assert unix(datetime.fromisoformat(told["timestamp"])) == told["created_at"]
    assert hit.headers["content-type"] == "application/json"
    assert hit.headers["user-agent"].startswith("Tuneyard/")


async def test_an_event_goes_to_each_enabled_endpoint_of_its_project_that_asked_for_its_type(house: House) -> None:
    async with receiving() as one, receiving() as two, receiving() as deaf, receiving() as foreign, receiving() as off:
        await house.endpoint(one.url, EventType.FILE_PROCESSED, EventType.FILE_ERROR)
        await house.endpoint(two.url, EventType.FILE_PROCESSED)
        await house.endpoint(deaf.url, EventType.JOB_FAILED)
        await house.endpoint(foreign.url, EventType.FILE_PROCESSED, project=OTHER)
        disabled, _ = await house.endpoint(off.url, EventType.FILE_PROCESSED)
        await house.rows("UPDATE webhook_endpoints SET status = 'disabled' WHERE id = :id", id=disabled)
        await house.happen(EventType.FILE_PROCESSED)
        async with house.notifier() as notifier:
            await turn(notifier)
        assert [len(each.hits) for each in (one, two, deaf, foreign, off)] == [1, 1, 0, 0, 0]
        assert one.hits[0].body == two.hits[0].body
    assert len(await house.rows("SELECT 1 FROM event_payloads")) == 1


async def test_an_event_that_nobody_wants_leaves_nothing_behind(house: House) -> None:
    await house.happen()
    async with house.notifier() as notifier:
        await turn(notifier)
    assert await house.deliveries() == []
    assert await house.rows("SELECT 1 FROM event_payloads") == []
    assert await house.rows("SELECT 1 FROM work_items WHERE kind = 'event.fanout'") == []


async def test_a_crash_between_fanout_and_commit_makes_no_delivery_twice(house: House, receiver: Receiver) -> None:
    await house.endpoint(receiver.url)
    event = await house.happen()
    async with house.database.begin() as session:
        assert await make_deliveries(session, [event.id]) == 1
    # The work row is still there, as after a restore: fanned out again, the event is told once all the same.
    async with house.notifier() as notifier:
        await turn(notifier)
    assert len(receiver.hits) == 1
    assert len(await house.deliveries()) == 1


async def test_the_log_has_the_attempt_with_its_answer(house: House, receiver: Receiver) -> None:
    await house.endpoint(receiver.url)
    await house.happen()
    async with house.notifier() as notifier:
        await turn(notifier)
    (delivery,), (attempt,) = await house.deliveries(), await house.attempts()
    assert (delivery["state"], delivery["attempt"], delivery["last_error"]) == ("delivered", 1, None)
    assert delivery["finished_at"] is not None
    assert (attempt["number"], attempt["status_code"], attempt["error"], attempt["answer"]) == (1, 200, None, "said")
    assert 0 <= attempt["duration_ms"] < 30_000


async def test_during_a_rotation_old_and_new_receiver_both_verify(house: House, receiver: Receiver) -> None:
    endpoint_id, old = await house.endpoint(receiver.url)
    async with house.database.begin() as session:
        endpoint = await get_endpoint(session, PROJECT, endpoint_id)
        new = await rotation.rotate(session, house.ring, endpoint, keep_old=True)
    await house.happen()
    async with house.notifier() as notifier:
        await turn(notifier)
        Webhook(old).verify(receiver.hits[0].body, receiver.hits[0].headers)
        Webhook(new).verify(receiver.hits[0].body, receiver.hits[0].headers)
        await house.rows(
            """UPDATE webhook_endpoints SET previous_secrets = jsonb_set(previous_secrets, '{0,until}', '1')"""
        )
        await house.happen()
        await turn(notifier)
    assert len(receiver.hits[1].headers["webhook-signature"].split(" ")) == 1
    Webhook(new).verify(receiver.hits[1].body, receiver.hits[1].headers)


async def test_a_notifier_that_listens_sends_long_before_it_would_poll(house: House, receiver: Receiver) -> None:
    await house.endpoint(receiver.url)
    async with house.running():
        await house.happen()
        await receiver.wait_for(1, seconds=0.8)
