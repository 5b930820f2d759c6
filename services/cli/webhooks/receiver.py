"""A receiver of webhooks on this machine: takes what comes, verifies it, hands it on, and says what it saw"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from services.cli.run.client import reason
from services.cli.up.parts import CONNECT_TO
from shared.security.verification import NotVerified, verify

#: The headers that belong to a delivery, and go on to whoever it is forwarded to.
_OURS = ("webhook-id", "webhook-timestamp", "webhook-signature", "content-type", "user-agent")
_UNREACHED = 502


@dataclass(frozen=True)
class Arrival:
    """One request as it came. `verified` None: there was no key to verify with."""

    headers: dict[str, str]
    body: bytes
    verified: bool | None
    why: str | None = None
    answered: int = 204
    again: bool = False
    #: Why nobody it was to be handed on to has it.
    unreached: str | None = None


@dataclass
class Receiver:
    """What it knows, and whom it tells."""

    keys: Sequence[str]
    told: Callable[[Arrival], None]
    forward: str | None = None
    session: aiohttp.ClientSession | None = None
    seen: set[str] = field(default_factory=set)

    async def take(self, request: web.Request) -> web.Response:
        """Take one delivery: what is not from whoever holds the key is answered 401, and not handed on."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        verified, why = self._judged(headers, body)
        status, unreached = (401, None) if verified is False else await self._handed_on(headers, body)
        message_id = headers.get("webhook-id", "")
        arrival = Arrival(headers, body, verified, why, status, again=message_id in self.seen, unreached=unreached)
        self.seen.add(message_id)
        self.told(arrival)
        return web.Response(status=status)

    def _judged(self, headers: dict[str, str], body: bytes) -> tuple[bool | None, str | None]:
        if not self.keys:
            return None, None
        try:
            verify(body, headers, self.keys)
        except NotVerified as exc:
            return False, str(exc)
        return True, None

    async def _handed_on(self, headers: dict[str, str], body: bytes) -> tuple[int, str | None]:
        if self.forward is None or self.session is None:
            return 204, None
        kept = {name: headers[name] for name in _OURS if name in headers}
        try:
            async with self.session.post(self.forward, data=body, headers=kept, allow_redirects=False) as answer:
                return answer.status, None
        except (aiohttp.ClientError, OSError, TimeoutError) as exc:
            return _UNREACHED, f"{self.forward} cannot be reached: {reason(exc)}"


@asynccontextmanager
async def receiving(receiver: Receiver, host: str, port: int) -> AsyncIterator[str]:
    """Serve until the end of the block; yield the URL. Port 0 takes a free one."""
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=25)) as session:
            receiver.session = session
            await web.TCPSite(runner, host, port).start()
            address: Any = runner.addresses[0]
            reached = CONNECT_TO.get(host, host)
            yield f"http://{f'[{reached}]' if ':' in reached else reached}:{address[1]}/"
    finally:
        await runner.cleanup()
