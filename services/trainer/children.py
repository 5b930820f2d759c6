"""Start a job's child process and hear what it says."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

#: One core a child: numpy's own threads would take what the others need.
_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
#: Bytes of the child's log that go into ours.
_LAST_WORDS = 2000


class ChildDied(Exception):
    """The child ended with another exit code than 0 (negative: the signal that killed it)."""

    def __init__(self, code: int, last_words: str) -> None:
        super().__init__(f"exit code {code}")
        self.code = code
        self.last_words = last_words


async def heard(verb: str, order: Path) -> AsyncGenerator[list[dict[str, Any]], None]:
    """Yield what the child says, in batches as they arrive; it is dead when the iteration ends, however it ends.

    Raises ChildDied if it exits with anything but 0.
    """
    log = order.with_suffix(".log")
    with log.open("wb") as errors:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.trainer.training", verb, str(os.getpid()), str(order),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=errors, env=os.environ | _THREADS,
        )  # fmt: skip
    try:
        async for batch in _batches(child):
            yield batch
        code = await child.wait()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if code != 0:
        raise ChildDied(code, log.read_bytes()[-_LAST_WORDS:].decode(errors="replace").strip())


async def _batches(child: asyncio.subprocess.Process) -> AsyncGenerator[list[dict[str, Any]], None]:
    assert child.stdout is not None
    rest = b""
    while chunk := await child.stdout.read(65536):
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            yield [json.loads(line) for line in lines]
