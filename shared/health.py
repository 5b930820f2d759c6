"""Say over HTTP whether a part without an API runs and reaches its database, for whoever restarts it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def health_page(host: str, port: int | None, *, is_ready: Callable[[], bool]) -> AsyncIterator[None]:
    """Answer /healthz with 200 while the process lives, /readyz with 200 or 503; without a port, nothing is opened."""

    async def live(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(_request: web.Request) -> web.Response:
        good = is_ready()
        return web.json_response({"status": "ok" if good else "waiting for the database"}, status=200 if good else 503)

    if port is None:
        yield
        return
    app = web.Application()
    app.add_routes([web.get("/healthz", live), web.get("/readyz", ready)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()
