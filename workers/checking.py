"""Check files in threads of their own, which end within a chunk when nobody waits for them any more."""

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import partial
from threading import Event
from typing import Any

from shared.catalogue import BaseModel
from shared.datasets.report import Report, check
from shared.datasets.tables import Dataset
from shared.storage.store import Storage


class CheckStopped(Exception):
    """Nobody waits for this check any more: its step was ended, or the worker is."""


class Checks:
    """As many checks at once as there are cores; what is more waits.

    Not the event loop's own threads: those look up the names of providers, and six big files would hold them all.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._threads = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="check")

    async def report(self, storage: Storage, dataset: Dataset, *, model: BaseModel | None, **asked: Any) -> Report:
        """Return the report on a file, as `check` does; cancelled, its thread ends within a chunk of the file."""
        stop = Event()
        chunks = _until(stop, storage.read(dataset.stored_as))
        try:
            work = partial(check, chunks, model=model, **asked)
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            stop.set()

    async def close(self) -> None:
        """Wait until the threads have ended; none is given anything more."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)


def _until(stop: Event, chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        if stop.is_set():
            raise CheckStopped
        yield chunk


#: The checks of the worker that runs the step. Set by the runner: a step is given what every part of the system has.
CHECKS: ContextVar[Checks] = ContextVar("checks")
