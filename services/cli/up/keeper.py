"""Keep one part alive: start it, forward its lines, start it again when it dies, stop it when told"""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Iterable
from contextlib import suppress

from services.cli.up.backoff import Backoff
from services.cli.up.errors import CannotStart
from services.cli.up.output import Output
from services.cli.up.part import Part
from services.cli.up.registry import Registry

#: Seconds between two looks at whether a part is ready.
LOOK_EVERY = 0.02

#: What a part ends with whose settings are missing or wrong: the next start would read the same ones.
WRONG_SETTINGS = 2

#: Bytes. A line that is longer is forwarded in pieces.
LONGEST_LINE = 1024 * 1024


class Keeper:
    """Runs one part until `stop`."""

    def __init__(self, part: Part, output: Output, registry: Registry) -> None:
        self.part = part
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()
        self._stopping = asyncio.Event()
        self._process: Process | None = None
        self._output = output
        self._registry = registry

    async def keep(self, needs: Iterable["Keeper"]) -> None:
        """Live until told to stop, or to the end of a part that runs once. Raises CannotStart when that one fails,
        and when the settings of any do not fit before it was ready.
        """
        try:
            for need in needs:
                await self._unless_stopping(need.ready)
            if self.part.is_needless and not self._stopping.is_set() and await self.part.is_needless():
                self.ready.set()
                return
            backoff = Backoff()
            while not self._stopping.is_set():
                wait = await self._live(backoff)
                if wait is None:
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), wait)
        finally:
            self.ended.set()

    async def stop(self) -> None:
        """Stop signal, grace, kill signal. Returns when the process has ended."""
        self._stopping.set()
        self._signal(self.part.stop_signal)
        try:
            await asyncio.wait_for(self.ended.wait(), self.part.grace)
        except TimeoutError:
            name, grace = self.part.name, self.part.grace
            self._output.say("part.killed", f"{name} did not end within {grace:g} s and is killed.", part=name)
            self.kill()
            await self.ended.wait()

    def kill(self) -> None:
        """Do not wait for it any longer."""
        self._stopping.set()
        self._signal(self.part.kill_signal)

    async def _live(self, backoff: Backoff) -> float | None:
        """One life. Returns the seconds to wait before the next, or None when there is none."""
        clock = asyncio.get_running_loop().time
        born = clock()
        code = await self._run_once()
        if self._stopping.is_set():
            return None
        name = self.part.name
        if (self.part.once and code != 0) or (code == WRONG_SETTINGS and not self.ready.is_set()):
            raise CannotStart(f"`{name}` ended with {_in_words(code)}. Its lines above say why.")
        if self.part.once:
            self.ready.set()
            return None
        wait = backoff.wait_after(clock() - born)
        self._output.say(
            "part.died",
            f"{name} ended with {_in_words(code)}; it starts again in {wait:g} s.",
            part=name,
            exit_code=code,
            restart_after=wait,
        )
        return wait

    async def _run_once(self) -> int:
        part = self.part
        process = await asyncio.create_subprocess_exec(
            *part.command, env=dict(part.environment), stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, **part.birth
        )
        self._process = process
        self._registry.add(part.name, process.pid, part.stop_signal)
        # The stop may have come while the process was being born.
        if self._stopping.is_set():
            self._signal(part.stop_signal)
        forward = asyncio.create_task(self._forward(process))
        look = asyncio.create_task(self._look(process))
        try:
            code = await process.wait()
        finally:
            look.cancel()
            self._process = None
            _end_group(process.pid)
            # Closed by the death of the last writer; one that fled the group shall not hold us.
            await asyncio.wait([forward], timeout=1)
            forward.cancel()
            self._registry.remove(part.name)
        return code

    async def _look(self, process: Process) -> None:
        if self.part.once:
            return
        again = self.ready.is_set()
        while not await self.part.is_ready(process.pid):  # noqa: ASYNC110 - a server tells nobody that it is ready
            await asyncio.sleep(LOOK_EVERY)
        self.ready.set()
        if again:
            self._output.say("part.back", f"{self.part.name} is back.", part=self.part.name)

    async def _forward(self, process: Process) -> None:
        assert process.stdout is not None
        rest = b""
        while chunk := await process.stdout.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._show(line)
        self._show(rest)

    def _show(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        if text and not any(words in text for words in self.part.mute):
            self._output.line(self.part.name, text)

    async def _unless_stopping(self, event: asyncio.Event) -> None:
        waiting = [asyncio.create_task(event.wait()), asyncio.create_task(self._stopping.wait())]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()

    def _signal(self, number: signal.Signals) -> None:
        process = self._process
        if process is not None:
            # Not `process.send_signal`: it may reap the dead, and then asyncio never learns the exit code.
            with suppress(ProcessLookupError):
                os.kill(process.pid, number)


def _end_group(leader: int) -> None:
    """End what the part itself has started, such as the processes of a pool."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _in_words(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
