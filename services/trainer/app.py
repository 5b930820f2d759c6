"""Wire the trainer together: one aiohttp application over one data directory."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from services.trainer import admin, files, inference, jobs, models
from services.trainer.config import TrainerConfig
from services.trainer.context import CONFIG, FAULTS, LATE, RUNNER, SHELF, STORE
from services.trainer.engines.registry import DEFAULT, engine_named
from services.trainer.faults import FaultBook
from services.trainer.injection import inject
from services.trainer.middleware import answer_in_shape, require_key
from services.trainer.running import Runner
from services.trainer.shelf import Shelf
from services.trainer.state.store import Store
from shared import tokenizer
from shared.catalogue import all_bases


def build_app(config: TrainerConfig) -> web.Application:
    """Return the application; it opens its data directory when it starts, and goes on with unfinished jobs."""
    app = web.Application(middlewares=[answer_in_shape, require_key, inject], client_max_size=8 * 1024 * 1024)
    app[CONFIG] = config
    app[FAULTS] = FaultBook(config.faults)
    late = set[asyncio.Task[web.StreamResponse]]()
    app[LATE] = late
    for door in (files, jobs, models, inference, admin):
        app.add_routes(door.routes)
    app.cleanup_ctx.append(_open)
    return app


async def _open(app: web.Application) -> AsyncIterator[None]:
    # Before anybody is served: each table takes a third of a second, during which no other thread of Python runs.
    for encoding in {base.encoding for base in all_bases()}:
        tokenizer.load(encoding)
    store = app[STORE] = Store(app[CONFIG].data_dir)
    # The store holds the folder for us alone, and nobody is asked for a base yet.
    engine_named(DEFAULT).tidy(store.bases)
    app[SHELF] = Shelf(store.bases)
    runner = app[RUNNER] = Runner(store, app[CONFIG])
    runner.start()
    yield
    late = app[LATE].copy()
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    await runner.close()
    store.close()


def run(config: TrainerConfig) -> None:
    """Serve until SIGTERM or SIGINT."""
    # A stream or an upload in flight gets two seconds; a job needs none, it goes on at the next start.
    web.run_app(build_app(config), host=config.host, port=config.port, shutdown_timeout=2, print=None)
