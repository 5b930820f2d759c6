"""A job's messages by a bot: one in the channel, that is changed as the job goes on, and details in its thread"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp

from services.notifier import picture
from services.notifier.messages.message import Message, Phase
from services.notifier.slack import render
from services.notifier.slack.client import Client
from services.notifier.slack.verdicts import NO_MESSAGE, Reply
from services.notifier.writing import in_a_thread
from shared import log
from shared.db.database import Database
from shared.endpoints import threads

_log = log.get(__name__)
_LATER_STANDS = Reply(200, None, "A later message of the job stands there already.")
Step = Callable[[], Awaitable[Reply]]


@dataclass(frozen=True)
class Bot:
    """Who posts, where, and for which endpoint. `in_turn` takes a step when it is the channel's turn."""

    client: Client
    database: Database
    token: str
    channel: str
    endpoint_id: str
    in_turn: Callable[[Step], Awaitable[Reply]]
    #: Somebody asked for the message once more: it is posted, whatever was told already.
    again: bool = False

    async def tell(self, message: Message, payload: dict[str, Any] | None = None) -> Reply:
        """Tell of an event. What was done of it is remembered step by step, so that a second try repeats none.

        A `payload` takes the place of what we would have rendered.
        """
        # A test shows what a message looks like; it must not become the beginning of a job's thread.
        if message.thread is None or message.phase == Phase.ALONE or message.test:
            return await self.post(payload or render.whole(message))
        known = await self._remembered(message.thread) or {}
        if message.phase == Phase.AFTERWARDS or (self.again and known.get("ts")):
            return await self._below(message, payload, known)
        if message.sequence < known.get("sequence", 0):
            return _LATER_STANDS
        reply = await self._head(message, payload or render.brief(message), known)
        if not reply.ok or message.phase != Phase.ENDED:
            return reply
        return await self._details(message, known)

    async def post(self, payload: dict[str, Any], **where: Any) -> Reply:
        """Post, and once more without blocks if Slack does not take ours."""
        return await self._call("chat.postMessage", {**payload, "channel": self.channel, **where})

    async def _head(self, message: Message, payload: dict[str, Any], known: dict[str, Any]) -> Reply:
        assert message.thread is not None
        if known.get("ts"):
            reply = await self._call("chat.update", {**payload, "channel": known["channel"], "ts": known["ts"]})
            if reply.error not in NO_MESSAGE:
                if reply.ok:
                    await self._remember(message.thread, sequence=message.sequence)
                return reply
        reply = await self.post(payload)
        if reply.ok and reply.told is not None:
            # The channel's id: changes and files do not take its name.
            known |= {
                "ts": reply.told.get("ts"),
                "channel": reply.told.get("channel", self.channel),
                "opened_by": message.event_id,
                "sequence": message.sequence,
                "told": None,
                "pictured": None,
            }
            await self._remember(message.thread, **known)
        return reply

    async def _details(self, message: Message, known: dict[str, Any]) -> Reply:
        assert message.thread is not None
        if known.get("told") != message.event_id:
            # Changing a message tells nobody: where it stood already, the end is shown in the channel as well.
            stood = known.get("opened_by") != message.event_id
            reply = await self.post(render.details(message), thread_ts=known["ts"], reply_broadcast=stood)
            if not reply.ok:
                return reply
            await self._remember(message.thread, told=message.event_id)
        if message.curve.told and known.get("pictured") != message.event_id:
            await self._picture(message, known)
        return Reply(200, None, f"The message {known['ts']} in {known['channel']} tells how it ended.")

    async def _below(self, message: Message, payload: dict[str, Any] | None, known: dict[str, Any]) -> Reply:
        where = {"thread_ts": known["ts"]} if known.get("ts") else {}
        reply = await self.post(payload or render.whole(message), **where)
        return await self.post(payload or render.whole(message)) if reply.error in NO_MESSAGE else reply

    async def _picture(self, message: Message, known: dict[str, Any]) -> None:
        """Add the curve to the thread. The message has it in a line of text: a bot that may not is no failure."""
        assert message.thread is not None
        where = {"channel_id": known["channel"], "thread_ts": known["ts"]}
        try:
            drawn = await in_a_thread(picture.draw, message.curve)
            words = picture.described(message.curve)
            reply = await self.in_turn(partial(self.client.share, self.token, drawn, words, where))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as exc:
            _log.warning("slack.has_no_picture", endpoint_id=self.endpoint_id, error=type(exc).__name__)
            return
        if reply.ok:
            await self._remember(message.thread, pictured=message.event_id)
        else:
            _log.info("slack.has_no_picture", endpoint_id=self.endpoint_id, error=reply.error)

    async def _call(self, method: str, payload: dict[str, Any]) -> Reply:
        reply = await self.in_turn(partial(self.client.call, method, self.token, payload))
        if reply.of_the_content and "blocks" in payload:
            _log.warning("slack.refused_blocks", endpoint_id=self.endpoint_id, error=reply.error)
            return await self._call(method, render.text_only(payload))
        return reply

    async def _remembered(self, thread: str) -> dict[str, Any] | None:
        async with self.database.begin() as session:
            return await threads.get(session, self.endpoint_id, thread)

    async def _remember(self, thread: str, **reference: Any) -> None:
        async with self.database.begin() as session:
            await threads.put(session, self.endpoint_id, thread, **reference)
