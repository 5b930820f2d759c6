"""A webhook receiver on this machine: what arrives, byte for byte"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def type(self) -> str:
        """The event's type."""
        return str(self.event.get("type"))

    @property
    def event(self) -> dict[str, Any]:
        """The body, parsed."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def is_signed_with(self, secret: str) -> bool:
        """Whether the standardwebhooks package accepts it: signature and time."""
        try:
            Webhook(secret).verify(self.body, dict(self.headers))
        except WebhookVerificationError:
            return False
        return True


class Receiver:
    """Where to send, and what came."""

    def __init__(self) -> None:
        self.url = ""
        self._arrived: asyncio.Queue[Received] = asyncio.Queue()

    async def take(self, request: web.Request) -> web.Response:
        """Keep the request and answer 204."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self._arrived.put_nowait(Received(headers, await request.read()))
        return web.Response(status=204)

    async def wait_for(self, types: set[str], seconds: float) -> dict[str, Received]:
        """Return what came by type, once all of `types` have come or the time is over."""
        found: dict[str, Received] = {}
        try:
            async with asyncio.timeout(seconds):
                while not types <= found.keys():
                    received = await self._arrived.get()
                    found[received.type] = received
        except TimeoutError:
            pass
        return found


@asynccontextmanager
async def listening() -> AsyncIterator[Receiver]:
    """Yield a receiver on a free port of this machine."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/webhooks", receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks"
        yield receiver
    finally:
        await runner.cleanup()
