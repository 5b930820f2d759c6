"""Put the API together and serve it until told to stop."""

import asyncio
import signal

from aiohttp import web
from sqlalchemy.exc import DBAPIError

from services.gateway import (
    api_keys,
    auth,
    dataset_policy,
    derived_files,
    estimates,
    files,
    health,
    inference,
    jobs,
    models,
    webhook_deliveries,
    webhook_endpoints,
)
from services.gateway.middleware import around
from services.gateway.routes import RUNTIME, Route
from shared import log
from shared.runtime import Runtime, open_runtime
from shared.security.keys import ensure_first
from shared.security.lookups import lookup_threads
from shared.settings import Settings
from shared.wire.parse import MAX_BODY_BYTES

_log = log.get(__name__)
ROUTES: tuple[Route, ...] = (
    *files.ROUTES,
    *derived_files.ROUTES,
    *estimates.ROUTES,
    *dataset_policy.ROUTES,
    *jobs.ROUTES,
    *models.ROUTES,
    *inference.ROUTES,
    *webhook_endpoints.ROUTES,
    *webhook_deliveries.ROUTES,
    *api_keys.ROUTES,
    *health.ROUTES,
)
#: Streams that are open at SIGTERM may go on for so long.
_GRACE_SECONDS = 10


def build_app(runtime: Runtime) -> web.Application:
    """Return the application over what is open already."""
    app = web.Application(middlewares=[around], client_max_size=MAX_BODY_BYTES)
    app[RUNTIME] = runtime
    app[health.LAST] = health.Last()
    for route in ROUTES:
        app.router.add_route(route.method, route.path, auth.guarded(route))
    return app


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(lookup_threads())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_runtime(settings) as runtime:
        await _first_key(runtime)
        # aiohttp would inflate a body of 4 MB to gigabytes without a word; such bodies are refused instead.
        runner = web.AppRunner(
            build_app(runtime), access_log=None, auto_decompress=False, shutdown_timeout=_GRACE_SECONDS
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
            _log.info("gateway.started", host=settings.host, port=settings.port)
            await stop.wait()
            _log.info("gateway.stopping")
        finally:
            await runner.cleanup()
    _log.info("gateway.stopped")


async def _first_key(runtime: Runtime) -> None:
    """Store the bootstrap key's hash; several gateways may do so at once, and a database may still be starting."""
    if (key := runtime.settings.bootstrap_api_key) is None:
        return
    for attempt in range(30):
        try:
            async with runtime.begin() as session:
                await ensure_first(session, key.get_secret_value())
        except (DBAPIError, OSError) as exc:
            _log.warning("first_key.postponed", attempt=attempt + 1, error=type(exc).__name__)
            await asyncio.sleep(1)
        else:
            return
    _log.error("first_key.given_up", hint="Is the database migrated? Run: tuneyard migrate")
