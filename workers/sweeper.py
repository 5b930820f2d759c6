"""Find what is due and unleased, and wake it; run it here when the queue cannot be reached."""

import asyncio
import random

from shared import log
from shared.db.trouble import TROUBLE
from shared.runtime import Runtime
from shared.work.claim import due
from workers import watch
from workers.runner import Runner

_log = log.get(__name__)
#: Rows run at once without the queue: enough to go on, few enough to leave the loop free.
_INLINE = 10


async def sweep_for_ever(runtime: Runtime, runner: Runner) -> None:
    """Sweep each second or so; a database that is away is waited for."""
    every = runtime.settings.pipeline.sweep_seconds
    watched = False
    while True:
        await asyncio.sleep(every * random.uniform(0.8, 1.2))  # noqa: S311 (so that workers do not sweep in step)
        try:
            if not watched:
                await watch.begin(runtime)
                watched = True
            await sweep(runtime, runner)
        except TROUBLE as exc:
            _log.warning("sweep.failed", error=str(exc))
        except Exception:  # noqa: BLE001 (the loop must not end)
            # Were this loop to end, rows whose wake-up was lost would lie for ever.
            _log.exception("sweep.raised")


async def sweep(runtime: Runtime, runner: Runner) -> int:
    """Wake every due row once; return how many there were. What is run here is not waited for: it may take an hour."""
    found = await due(runtime.database, runner.kinds())
    runner.saw_database()
    if found and not await runtime.waker.wake(found):
        for item in found[: max(0, min(_INLINE, runner.free()))]:
            runner.begin(item.id)
    return len(found)
