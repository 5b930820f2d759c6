"""The channel `slack`: open the credentials, write the message, post it, and say what the answer means"""

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
from services.notifier.slack.story import Bot
from services.notifier.slack.verdicts import Reply, judge
from services.notifier.webhook import error_class, kept
from shared import clock
from shared.db.database import Database
from shared.endpoints.deliveries import Claimed
from shared.endpoints.policy import Answer, seconds_asked
from shared.errors import TuneyardError
from shared.security.secrets_at_rest import KeyRing

#: Slack's rule for a channel; short bursts pass, and cost the channel a minute when they do not.
SECONDS_EACH = 1.0
#: A delivery that has to wait longer goes back, and its slot to another.
_LONGEST_WAIT = 5.0
#: What Slack asks for when it does not say how long.
_HOLD_SECONDS = 30.0


class SlackSender:
    """Posts by an incoming webhook or as a bot, as the endpoint's credentials are."""

    def __init__(
        self, client: Client, database: Database, ring: KeyRing, composer: Composer, pace: Pace | None = None
    ) -> None:
        self._client = client
        self._database = database
        self._ring = ring
        self._composer = composer
        self._pace = pace or Pace(SECONDS_EACH)

    async def send(self, delivery: Claimed) -> Answer:
        """Try once and return how it ended."""
        at, started = clock.now(), time.monotonic()
        try:
            reply = await self._tell(delivery)
        except (aiohttp.ClientError, OSError, TimeoutError, TuneyardError, ValueError) as exc:
            return Answer(at, time.monotonic() - started, error=error_class(exc))
        return Answer(
            at,
            time.monotonic() - started,
            status=reply.status,
            body=kept(reply.body.encode()),
            retry_after=reply.retry_after,
            verdict=judge(reply),
        )

    async def _tell(self, delivery: Claimed) -> Reply:
        credentials = json.loads(self._ring.decrypt(delivery.credentials or ""))
        event, message = await self._composer.compose(delivery)
        written = self._composer.templates.render("slack", event, message)
        payload = None if written is None else render.custom(message, written)
        if token := credentials.get("token"):
            return await self._as_bot(delivery, token, message, payload)
        return await self._by_webhook(credentials["url"], payload or render.whole(message))

    async def _as_bot(self, delivery: Claimed, token: str, message: Message, payload: dict[str, Any] | None) -> Reply:
        channel = str(delivery.target.get("channel"))
        key = _key(token, channel)
        turn = partial(self._turn, key)
        bot = Bot(self._client, self._database, token, channel, delivery.endpoint_id, turn, again=delivery.once)
        return self._held(key, await bot.tell(message, payload))

    async def _by_webhook(self, url: str, payload: dict[str, Any]) -> Reply:
        key = _key(url)
        if (refused := await self._turn(key)) is not None:
            return refused
        reply = await self._client.webhook(url, payload)
        if reply.of_the_content and await self._turn(key) is None:
            reply = await self._client.webhook(url, render.text_only(payload))
        return self._held(key, reply)

    async def _turn(self, key: str) -> Reply | None:
        """Take the channel's turn; return what Slack would say if it is too far away."""
        wait = await self._pace.turn(key, most=_LONGEST_WAIT)
        return Reply(429, "ratelimited", "Not sent: the channel has to wait.", f"{wait:.1f}") if wait else None

    def _held(self, key: str, reply: Reply) -> Reply:
        if reply.status == 429 or reply.error in ("ratelimited", "rate_limited"):
            self._pace.hold(key, seconds_asked(reply.retry_after, clock.now()) or _HOLD_SECONDS)
        return reply


def _key(*secrets: str) -> str:
    """Return a name for a channel that may be kept in memory and holds no secret."""
    return hashlib.sha256("\0".join(secrets).encode()).hexdigest()
