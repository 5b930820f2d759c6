"""Start the parts in their order, keep them all, and stop them in reverse"""

import asyncio
import signal
from collections.abc import Callable, Sequence

from services.cli.up.errors import CannotStart
from services.cli.up.keeper import Keeper
from services.cli.up.output import Output
from services.cli.up.part import Part
from services.cli.up.registry import Registry

#: Seconds until every part must have been ready once. Far beyond what two busy cores have needed.
START_LIMIT = 120.0


class Supervisor:
    """All parts of one `up`."""

    def __init__(self, parts: Sequence[Part], output: Output, registry: Registry) -> None:
        self._keepers = {part.name: Keeper(part, output, registry) for part in parts}
        self._output = output
        self._told = asyncio.Event()
        self._failure: Exception | None = None

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Start all, call `on_ready` once, keep them until SIGINT, SIGTERM or SIGHUP.

        A second signal kills instead of waiting. Raises CannotStart, after stopping all, when a part cannot start.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # `nohup tuneyard up &` means it: the end of the terminal is not ours.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                loop.add_signal_handler(number, self._tell)
        lives = [asyncio.create_task(self._keep(keeper)) for keeper in self._keepers.values()]
        try:
            await self._start()
            if not self._told.is_set():
                on_ready()
            await self._told.wait()
        finally:
            await asyncio.gather(*(self._stop_in_turn(keeper) for keeper in self._keepers.values()))
            await asyncio.gather(*lives)
        if self._failure is not None:
            raise self._failure

    def _tell(self) -> None:
        if self._told.is_set():
            for keeper in self._keepers.values():
                keeper.kill()
        else:
            self._output.say("up.stopping", "Stopping. Ctrl-C again stops without waiting.")
            self._told.set()

    async def _keep(self, keeper: Keeper) -> None:
        try:
            await keeper.keep([self._keepers[name] for name in keeper.part.after])
        except Exception as error:  # noqa: BLE001 - whatever it is, the other parts are stopped first
            self._failure = error
            self._told.set()

    async def _start(self) -> None:
        """Wait until all parts are ready, or one cannot start, or somebody wants to stop."""
        told: asyncio.Task[object] = asyncio.create_task(self._told.wait())
        ready: asyncio.Task[object] = asyncio.create_task(self._all_ready())
        done, _ = await asyncio.wait([told, ready], timeout=START_LIMIT, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            waiting = ", ".join(name for name, keeper in self._keepers.items() if not keeper.ready.is_set())
            self._failure = CannotStart(f"Not ready after {START_LIMIT:g} s: {waiting}. Their lines above may say why.")
            self._told.set()
        told.cancel()
        ready.cancel()
        await asyncio.gather(told, ready, return_exceptions=True)

    async def _all_ready(self) -> None:
        for keeper in self._keepers.values():
            await keeper.ready.wait()

    async def _stop_in_turn(self, keeper: Keeper) -> None:
        for other in self._keepers.values():
            if keeper.part.name in other.part.after:
                await other.ended.wait()
        await keeper.stop()
