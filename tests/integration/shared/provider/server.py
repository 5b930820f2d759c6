"""A server that answers with whatever it is given, and our client of it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from shared.provider.answers import NewJob
from shared.provider.client import Provider, open_provider
from shared.settings import ProviderSettings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
#: In no form that a mask knows.
KEY = "zq9+Own/kEy7w"
NEW = NewJob("ftjob-ours", "m", "file-1", None, None, None, {})


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[Provider]:
    app = web.Application()
    app.router.add_route("*", "/v1/{path:.*}", handler)
    async with TestServer(app) as server, opened(str(server.make_url("/v1"))) as provider:
        yield provider


def opened(url: str) -> AbstractAsyncContextManager[Provider]:
    return open_provider("p", ProviderSettings(base_url=url, api_key=SecretStr(KEY), timeout_seconds=1))


def as_json(body: object, status: int = 200, **headers: str) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=json.dumps(body), content_type="application/json", headers=headers)

    return answer


def as_bytes(body: bytes, status: int = 200) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=body)

    return answer


def error(code: str | None, message: str = "no") -> dict[str, object]:
    return {"error": {"code": code, "message": message, "type": "x", "param": None}}
