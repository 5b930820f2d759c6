"""Threads in which messages are written and drawn: few, because webhooks wait for the processor meanwhile"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

Result = TypeVar("Result")
#: Of sixty-four that draw, the event loop gets the processor after each of them: it stood still for seconds. More than
#: these would be no faster, since Python runs one at a time.
MOST = 2
_THREADS = ThreadPoolExecutor(MOST, "writing")


async def in_a_thread(write: Callable[..., Result], *what: Any) -> Result:
    """Return what `write` makes of its arguments, in a thread and when it is its turn."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, partial(write, *what))
