"""One process that looks at blocks, as the pass sees it: orders go there, answers come back"""

import atexit
import ctypes
from collections import deque
from collections.abc import Sequence
from multiprocessing.context import ForkContext, ForkServerContext
from typing import Any

from shared.datasets.formats import Format
from shared.datasets.reading import Block
from shared.datasets.scan.plan import Plan
from shared.datasets.scan.tally import Tally
from shared.datasets.scan.trouble import ProcessDied, ProcessFailed
from shared.datasets.scan.work import READY, SLOT_BYTES, TAKEN, Order, work

#: One is looked at while the next lies ready.
_AHEAD = 2
_END_SECONDS = 5.0


class Hand:
    """Blocks are answered in the order in which they were given."""

    def __init__(self, context: ForkContext | ForkServerContext, *, others: Sequence["Hand"]) -> None:
        slot = context.RawArray(ctypes.c_char, SLOT_BYTES)
        self._view = memoryview(slot).cast("B")
        self.connection, theirs = context.Pipe()
        # A fork has a copy of our ends. Were they left open there, it would never learn that we are gone.
        copied = (self.connection, *(hand.connection for hand in others)) if isinstance(context, ForkContext) else ()
        self._process: Any = context.Process(target=work, args=(theirs, slot, copied), daemon=True)
        self._process.start()
        # It heeds no SIGTERM, and multiprocessing would send it one at the exit and wait.
        atexit.register(self._process.kill)
        theirs.close()
        self.is_ready = False
        self._is_slot_free = True
        self._plan: Plan | None = None
        self._given: deque[Block] = deque()

    @property
    def is_idle(self) -> bool:
        """Whether it has nothing to do, and could."""
        return not self._given and self._is_slot_free and self._process.is_alive()

    @property
    def can_take(self) -> bool:
        return self.is_ready and self._is_slot_free and len(self._given) < _AHEAD

    def give(self, block: Block, kind: Format | None, plan: Plan, *, opening: bool) -> list[Tally]:
        """Give a block to look at; return what is answered meanwhile, where it has to pass in pieces."""
        data = block.data or b""
        without = Block(block.first, block.last, None)
        self._given.append(without)
        answers: list[Tally] = []
        last = max(0, len(data) - 1) // SLOT_BYTES * SLOT_BYTES
        for at in range(0, last + 1, SLOT_BYTES):
            while not self._is_slot_free:
                answers += self.hear()
            piece = data[at : at + SLOT_BYTES] if last else data
            self._view[: len(piece)] = piece
            self._is_slot_free = False
            fresh = None if plan is self._plan else plan
            self._send(Order(len(piece), without, kind, opening, fresh) if at == last else Order(len(piece)))
        self._plan = plan
        return answers

    def hear(self) -> list[Tally]:
        """Wait for the next thing it says; return it if it is an answer. Raises ProcessDied, ProcessFailed."""
        try:
            said = self.connection.recv()
        except (EOFError, OSError) as exc:
            raise self._died() from exc
        if isinstance(said, Tally):
            self._given.popleft()
            return [said]
        if said == TAKEN:
            self._is_slot_free = True
        elif said == READY:
            self.is_ready = True
        else:
            raise ProcessFailed(*self._lines(), str(said))
        return []

    def kill(self) -> None:
        """End the process, whatever it does; who waits for it hears that it died."""
        self._process.kill()

    def end(self) -> None:
        """End the process and let go of it."""
        self._process.kill()
        self._process.join()
        atexit.unregister(self._process.kill)
        self.connection.close()

    def _send(self, order: Order) -> None:
        try:
            self.connection.send(order)
        except OSError as exc:
            raise self._died() from exc

    def _died(self) -> ProcessDied:
        self._process.join(_END_SECONDS)
        return ProcessDied(*self._lines(), self._process.exitcode)

    def _lines(self) -> tuple[int, int]:
        return (self._given[0].first, self._given[0].last) if self._given else (0, 0)
