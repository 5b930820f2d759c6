"""The channel `slack`: open the credentials, write the message, post it, and say what the answer means"""

import asyncio
import hashlib
import json
import time
from functools import partial
from typing import Any

import aiohttp

from services.notifier.composer import Composer
from services.notifier.messages.message import Message
from services.notifier.slack import render
from services.notifier.slack.client import Client
from services.notifier.slack.pace import Pace
from services.notifier.slack.story import Bot, Step
from services.notifier.slack.verdicts import Reply, again, judge
from services.notifier.webhook import error_class, kept
from services.notifier.writing import in_a_thread
from shared import clock
from shared.db.database import Database
from shared.endpoints import deliveries
from shared.endpoints.deliveries import Claimed
from shared.endpoints.policy import Answer
from shared.errors import TuneyardError
from shared.security.secrets_at_rest import KeyRing

#: A delivery that has to wait longer goes back. Waited for here, it is overtaken by none.
_LONGEST_WAIT = 10.0
#: Below the lease: all posts of one delivery, and the waits between them.
_SECONDS = 40.0


class SlackSender:
    """Posts by an incoming webhook or as a bot, as the endpoint's credentials are."""

    def __init__(
        self, client: Client, database: Database, ring: KeyRing, composer: Composer, pace: Pace | None = None
    ) -> None:
        self._client = client
        self._database = database
        self._ring = ring
        self._composer = composer
        self._pace = pace or Pace(deliveries.SLACK_SECONDS)

    async def send(self, delivery: Claimed) -> Answer:
        """Try once and return how it ended."""
        at, started = clock.now(), time.monotonic()
        try:
            async with asyncio.timeout(_SECONDS):
                reply = await self._tell(delivery)
        except (aiohttp.ClientError, OSError, TimeoutError, TuneyardError, ValueError) as exc:
            error = error_class(exc)
            verdict = again(f"No answer: {error}.", delivery.attempt)
            return Answer(at, time.monotonic() - started, error=error, verdict=verdict)
        return Answer(
            at,
            time.monotonic() - started,
            status=reply.status,
            body=kept(reply.body.encode()),
            retry_after=reply.retry_after,
            verdict=judge(reply, delivery.attempt),
        )

    async def _tell(self, delivery: Claimed) -> Reply:
        credentials = json.loads(self._ring.decrypt(delivery.credentials or ""))
        event, message = await self._composer.compose(delivery)
        # In a thread, because an operator's template may compute for as long as it is let.
        written = await in_a_thread(self._composer.templates.render, "slack", event, message)
        payload = None if written is None else render.custom(message, written)
        if token := credentials.get("token"):
            return await self._as_bot(delivery, token, message, payload)
        return await self._by_webhook(credentials["url"], payload or render.whole(message))

    async def _as_bot(self, delivery: Claimed, token: str, message: Message, payload: dict[str, Any] | None) -> Reply:
        channel = str(delivery.target.get("channel"))
        in_turn = partial(self._in_turn, _key(token, channel))
        bot = Bot(self._client, self._database, token, channel, delivery.endpoint_id, in_turn, again=delivery.once)
        return await bot.tell(message, payload)

    async def _by_webhook(self, url: str, payload: dict[str, Any]) -> Reply:
        key = _key(url)
        reply = await self._in_turn(key, partial(self._client.webhook, url, payload))
        if reply.of_the_content:
            reply = await self._in_turn(key, partial(self._client.webhook, url, render.text_only(payload)))
        return reply

    async def _in_turn(self, key: str, step: Step) -> Reply:
        """Take the step when it is the channel's turn, and once more if Slack asks to wait and not for long."""
        reply = await self._once(key, step)
        return await self._once(key, step) if reply.busy else reply

    async def _once(self, key: str, step: Step) -> Reply:
        wait = await self._pace.turn(key, most=_LONGEST_WAIT)
        if wait:
            return Reply(429, "ratelimited", "Not sent: the channel has to wait.", f"{wait:.1f}")
        reply = await step()
        if reply.busy:
            self._pace.hold(key, reply.asked_seconds)
        return reply


def _key(*secrets: str) -> str:
    """Return a name for a channel that may be kept in memory and holds no secret."""
    return hashlib.sha256("\0".join(secrets).encode()).hexdigest()
