"""What a receiver gets: it verifies, it is the event, and it comes once."""

import json
import time

import openai
from standardwebhooks import Webhook

from shared.events.catalogue import EventType

from .conftest import House, Receiver, payload, turn


async def test_a_delivery_verifies_with_standardwebhooks_and_the_sdk(house: House, receiver: Receiver) -> None:
    _, secret = await house.endpoint(receiver.url)
    event = await house.happen(status="succeeded")
    async with house.notifier() as notifier:
        await turn(notifier)
    (hit,) = receiver.hits
    assert Webhook(secret).verify(hit.body, hit.headers) == json.loads(hit.body)
    client = openai.OpenAI(api_key="none", webhook_secret=secret)
    told = client.webhooks.unwrap(hit.body, hit.headers)
    assert type(told).__name__ == "FineTuningJobSucceededWebhookEvent"
    assert told.id == event.id
