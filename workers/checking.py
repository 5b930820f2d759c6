"""Check files in processes that stay warm, each from a thread that ends when nobody waits for it any more"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import partial
from threading import Event
from typing import Any

from shared.catalogue import BaseModel
from shared.datasets.reading import UnpackLimits
from shared.datasets.report import Report, check
from shared.datasets.scan import Crew
from shared.datasets.tables import Dataset
from shared.storage.store import Storage

#: Threads that read, hash and add up while the processes look at the lines. More than those, so that a small file,
#: which needs no process, does not wait behind big ones.
_THREADS_FOR_EACH = 4


class CheckStopped(Exception):
    """Nobody waits for this check any more: its step was ended, or the worker is."""


class Checks:
    """Processes look at the lines of whatever files are checked; as many as there are cores, unless a number is given.

    Several files share them.

    Not the event loop's own threads: those look up the names of providers, and six big files would hold them all.
    """

    def __init__(self, processes: int | None = None, limits: UnpackLimits | None = None) -> None:
        size = processes or os.cpu_count() or 1
        self._crew = Crew(size)
        self._limits = limits
        self._threads = ThreadPoolExecutor(size * _THREADS_FOR_EACH, thread_name_prefix="check")

    async def report(self, storage: Storage, dataset: Dataset, *, model: BaseModel | None, **asked: Any) -> Report:
        """Return the report on a file, as `check` does, which says what else may be asked for.

        What is called meanwhile (`on_progress`, `on_findings`) is called in a thread. Cancelled, the thread ends within
        a second, and so does what its processes do.
        """
        stop = Event()

        def pulse() -> None:
            if stop.is_set():
                raise CheckStopped

        known: dict[str, Any] = {"quality": True, "crew": self._crew, "limits": self._limits, "pulse": pulse}
        work = partial(check, storage.read(dataset.stored_as), model=model, **known, **asked)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            stop.set()

    async def close(self) -> None:
        """Wait until threads and processes have ended; none is given anything more."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        # The processes first: a thread may wait for one of them.
        self._crew.close()
        self._threads.shutdown(cancel_futures=True)


#: The checks of the worker that runs the step. Set by the runner: a step is given what every part of the system has.
CHECKS: ContextVar[Checks] = ContextVar("checks")
