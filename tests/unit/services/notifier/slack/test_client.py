"""How much of an answer is read: of what a project named no more than of any webhook, of the API its whole message"""

import json

import aiohttp
from aiohttp import web
from yarl import URL

from services.notifier.slack.client import Client
from shared.security.egress import MOST_ANSWER_BYTES

_LONG = "x" * (4 * MOST_ANSWER_BYTES)


async def test_of_a_webhook_little_is_read_and_of_the_api_all_that_it_has_to_say() -> None:
    async def hook(_request: web.Request) -> web.Response:
        return web.Response(text=_LONG)

    async def api(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "ts": "1.2", "message": {"text": _LONG}})

    app = web.Application()
    app.router.add_post("/hook", hook)
    app.router.add_post("/api/chat.postMessage", api)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        here = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        async with aiohttp.ClientSession() as session:
            client = Client(session, f"{here}api/", URL)
            assert len((await client.webhook(f"{here}hook", {})).body) == MOST_ANSWER_BYTES
            said = await client.call("chat.postMessage", "xoxb-1", {})
    finally:
        await runner.cleanup()
    assert said.ok and json.loads(said.body)["message"]["text"] == _LONG
