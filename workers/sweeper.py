"""Find what is due and unleased, and wake it; run it here when the queue cannot be reached."""

import asyncio
import random

from sqlalchemy.exc import DBAPIError

from shared import log
from shared.runtime import Runtime
from shared.work.claim import due
from workers.runner import Runner

_log = log.get(__name__)
#: Rows run at once without the queue: enough to go on, few enough to leave the loop free.
_INLINE = 10


async def sweep_for_ever(runtime: Runtime, runner: Runner) -> None:
    """Sweep each second or so; a database that is away is waited for."""
    every = runtime.settings.pipeline.sweep_seconds
    while True:
        await asyncio.sleep(every * random.uniform(0.8, 1.2))  # noqa: S311 (so that workers do not sweep in step)
        try:
            await sweep(runtime, runner)
        except (DBAPIError, OSError, TimeoutError) as exc:
            _log.warning("sweep.failed", error=str(exc))


async def sweep(runtime: Runtime, runner: Runner) -> int:
    """Wake every due row once; return how many there were."""
    found = await due(runtime.database, list(runner.steps))
    runner.saw_database()
    if found and not await runtime.waker.wake(found):
        await asyncio.gather(*(runner.run(item.id) for item in found[:_INLINE]))
    return len(found)
