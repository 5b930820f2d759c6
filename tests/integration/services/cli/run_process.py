"""`tuneyard run` as a process: started against a house, its lines as they come, its exit code."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import PATIENCE_SECONDS, House

_ROOT = Path(__file__).parents[4]
_COMMAND = (sys.executable, "-m", "services.cli.main", "run")


def environment(url: str, key: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TUNEYARD_", "OPENAI_"))}
    return {**kept, "PYTHONPATH": str(_ROOT), "TUNEYARD_BASE_URL": url, "TUNEYARD_API_KEY": key}


@dataclass
class Ended:
    code: int
    out: str
    err: str


@dataclass
class Running:
    process: asyncio.subprocess.Process
    _err: list[str] = field(default_factory=list)

    async def wait_for_line(self, word: str) -> str:
        """Return the first line on stderr that holds the word."""
        assert self.process.stderr is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for raw in self.process.stderr:
                self._err.append(raw.decode())
                if word in self._err[-1]:
                    return self._err[-1]
        raise AssertionError(f"{word!r} never came:\n{''.join(self._err)}")

    async def ended(self) -> Ended:
        async with asyncio.timeout(PATIENCE_SECONDS):
            out, err = await self.process.communicate()
        assert self.process.returncode is not None
        return Ended(self.process.returncode, out.decode(), "".join(self._err) + err.decode())


@asynccontextmanager
async def running(house: House, folder: Path, *words: str, url: str | None = None) -> AsyncIterator[Running]:
    pipe = asyncio.subprocess.PIPE
    env = environment(url or house.url, house.key)
    process = await asyncio.create_subprocess_exec(
        *_COMMAND, *words, cwd=folder, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def run(house: House, folder: Path, *words: str, url: str | None = None) -> Ended:
    async with running(house, folder, *words, url=url) as started:
        return await started.ended()
