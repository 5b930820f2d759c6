"""Run a worker process: arq's wake-ups, the sweeper, and a clean end on SIGTERM."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, cast

from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.exceptions import RedisError

from shared import log
from shared.health import health_page
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from shared.work.wake import FUNCTION, QUEUE, open_pool, serialize
from workers.runner import Runner, StepSpec
from workers.steps import STEPS
from workers.sweeper import sweep_for_ever

_log = log.get(__name__)
#: After SIGTERM, how long running steps may go on before they are handed back.
_GRACE_SECONDS = 10
#: Between two tries to reach a queue that is away; the sweeper does the work meanwhile.
_QUEUE_AGAIN_SECONDS = 1.0
#: How long arq's own book-keeping may take at the end.
_TIDY_SECONDS = 1.0
#: How long a queue may take to let go.
_CLOSE_SECONDS = 2.0
#: arq's own limit of a task, above every step's: it must never be the one that ends a step.
_ARQ_SECONDS = 2 * 3600


async def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with (
        open_runtime(settings) as runtime,
        working(runtime) as runner,
        health_page(settings.host, settings.health_port, is_ready=runner.is_well),
    ):
        _log.info("worker.started", owner=runner.owner, steps=len(STEPS))
        await stop.wait()
        _log.info("worker.stopping")
    _log.info("worker.stopped")


@asynccontextmanager
async def working(runtime: Runtime, steps: dict[str, StepSpec] = STEPS) -> AsyncIterator[Runner]:
    """Do work while the block runs; at its end let running steps finish, or hand them back."""
    runner = Runner(runtime, steps)
    loops = [asyncio.create_task(loop(runtime, runner)) for loop in (listen_for_ever, sweep_for_ever)]
    try:
        yield runner
    finally:
        await runner.drain(_GRACE_SECONDS)
        await _cancelled(loops)


async def _cancelled(loops: list[asyncio.Task[None]]) -> None:
    """Cancel until they end: arq's start-up swallows one that comes while it connects.

    Each has the time to close in peace before it is told again.
    """
    waiting = set(loops)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=_TIDY_SECONDS + _CLOSE_SECONDS + 0.5)


async def listen_for_ever(runtime: Runtime, runner: Runner) -> None:
    """Run rows as wake-ups come. arq's worker ends when Redis does (queue-facts I): then it is made anew."""
    while True:
        worker = _worker(runtime, runner)
        try:
            await worker.async_run()
        except (RedisError, OSError, TimeoutError) as exc:
            _log.warning("queue.lost", error=f"{type(exc).__name__}: {exc}")
        except Exception:  # noqa: BLE001 (the loop must not end)
            # Whoever can write to Redis can write what arq does not expect.
            _log.exception("queue.raised")
        finally:
            await _undisturbed(_close(worker))
        await asyncio.sleep(_QUEUE_AGAIN_SECONDS)


def _worker(runtime: Runtime, runner: Runner) -> Worker:
    async def wake(ctx: dict[Any, Any], item_id: int) -> None:  # noqa: ARG001 (arq passes it by position)
        await runner.run(item_id)

    return Worker(
        [func(cast(WorkerCoroutine, wake), name=FUNCTION, max_tries=1, timeout=_ARQ_SECONDS)],
        queue_name=QUEUE,
        redis_pool=open_pool(runtime.settings.redis_url),
        handle_signals=False,
        max_jobs=runtime.settings.pipeline.concurrency,
        # The worker's, not the function's: a failed task keeps its id for an hour otherwise (queue-facts E2).
        keep_result=0,
        # 24 ms at the median from commit to start, for 1 % of a core (queue-facts 1.4).
        poll_delay=0.05,
        queue_read_limit=1000,
        job_serializer=serialize,
        job_deserializer=json.loads,
        allow_abort_jobs=False,
    )


async def _undisturbed(closing: Coroutine[Any, Any, None]) -> None:
    """Bring it to its end although this task is cancelled meanwhile, and pass the cancel on afterwards."""
    task, told = asyncio.create_task(closing), None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as exc:
            told = exc
    if told is not None:
        raise told


async def _close(worker: Worker) -> None:
    """Let arq's tasks go: the steps they wait for are the runner's and go on."""
    if worker.tasks:
        # Those whose step has ended are striking their wake-up out, and would do so on a closed connection.
        await asyncio.wait(worker.tasks.values(), timeout=_TIDY_SECONDS)
    for task in worker.tasks.values():
        task.cancel()
    await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await worker.pool.aclose(close_connection_pool=True)
    except (RedisError, OSError, TimeoutError):
        _log.debug("queue.close_failed")
