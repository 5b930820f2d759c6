"""`tuneyard up` as a child: started in a folder of its own, awaited, stopped with all it started"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from services.cli.run.connection import Connection
from services.cli.run.errors import Exit, RunError
from services.cli.up.birth import birth_options

#: Seconds. The first start makes a database; a slow disk and two busy cores have needed 20.
_START_LIMIT = 120
_STOP_LIMIT = 30
_LINES_KEPT = 15
_ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def running_service(folder: Path) -> AsyncIterator[tuple[Connection, float]]:
    """Yield where it listens and after how many seconds it was ready; raises RunError with its last lines if never."""
    options = {"--data-dir": str(folder / "data"), "--port": "0", "--trainer-port": "0", "--workers": "1"}
    words = [word for pair in options.items() for word in pair]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli.main", "up", *words),
        env=_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        # So that it stops in order, and never outlives us, whatever becomes of us.
        **birth_options(death_signal=signal.SIGTERM),
    )
    last: deque[str] = deque(maxlen=_LINES_KEPT)
    try:
        ready = await _ready(process, last)
        draining = asyncio.ensure_future(_drain(process))
        try:
            yield (
                Connection(ready["address"], ready["api_key"], "the demo", "the demo", "$KEY"),
                float(ready["seconds"]),
            )
        finally:
            # Two readers of one pipe are refused, and the stop below reads it to its end.
            draining.cancel()
            await asyncio.wait({draining})
    finally:
        await _stop(process)


async def _ready(process: asyncio.subprocess.Process, last: deque[str]) -> dict[str, str]:
    assert process.stdout is not None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_START_LIMIT):
            async for line in process.stdout:
                last.append(line.decode(errors="replace").rstrip())
                if '"up.ready"' in last[-1]:
                    found: dict[str, str] = json.loads(last[-1])
                    return found
    said = "\n".join(last) or "it wrote nothing"
    raise RunError(f"`tuneyard up` was not ready within {_START_LIMIT} s. Its last lines:\n{said}", Exit.UNREACHABLE)


async def _drain(process: asyncio.subprocess.Process) -> None:
    """Read on: a full pipe would stop it."""
    assert process.stdout is not None
    async for _line in process.stdout:
        pass


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.communicate(), _STOP_LIMIT)
    except TimeoutError:
        process.kill()
        await process.wait()


def _environment() -> dict[str, str]:
    """Return ours without TUNEYARD_* of the caller: the demonstration is the same everywhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TUNEYARD_")}
    return {**kept, "PYTHONPATH": str(_ROOT)}
