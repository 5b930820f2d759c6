"""The processes that look at blocks: started when they are first needed, kept warm, lent to one check at a time"""

import multiprocessing
import sys
import threading
from multiprocessing.context import ForkContext, ForkServerContext
from types import TracebackType
from typing import Self

from shared.datasets.scan.hand import Hand
from shared.datasets.scan.trouble import CrewClosed

_PRELOAD = ["shared.datasets.scan.preload"]


class Crew:
    """At most `size` processes. Any number of checks, each in a thread of its own, may share them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._free = threading.Condition()
        self._idle: list[Hand] = []
        self._lent: list[Hand] = []
        self._waiting = 0
        self._is_closed = False

    @property
    def is_wanted(self) -> bool:
        """Whether a check waits for a process while others have several."""
        return self._waiting > 0

    def borrow(self, *, wait: float = 0) -> Hand | None:
        """Return a process to work for the caller alone; None when there is none within `wait` seconds."""
        with self._free:
            if wait and not self._has_one():
                self._waiting += 1
                self._free.wait_for(lambda: self._has_one() or self._is_closed, wait)
                self._waiting -= 1
            if self._is_closed:
                raise CrewClosed
            if not self._has_one():
                return None
            hand = self._rested() or self._hire()
            self._lent.append(hand)
            return hand

    def _has_one(self) -> bool:
        return bool(self._idle) or len(self._lent) < self.size

    def give_back(self, hand: Hand) -> None:
        """Take a process back. One that still has work that nobody waits for is ended; another takes its place."""
        with self._free:
            self._lent.remove(hand)
            if hand.is_idle and not self._is_closed:
                self._idle.append(hand)
            else:
                hand.end()
            self._free.notify()

    def close(self) -> None:
        """End the processes; checks that still have one are told that it died."""
        with self._free:
            self._is_closed = True
            for hand in self._lent:
                hand.kill()
            for hand in self._idle:
                hand.end()
            self._idle.clear()
            self._free.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _rested(self) -> Hand | None:
        """Return an idle process. One that was ended meanwhile, for memory say, is let go of: no file is at fault."""
        while self._idle:
            hand = self._idle.pop()
            if hand.is_idle:
                return hand
            hand.end()
        return None

    def _hire(self) -> Hand:
        return Hand(_context(), others=[*self._idle, *self._lent])


def _context() -> ForkContext | ForkServerContext:
    """Choose how a process is born.

    A fork has the tokenizer's tables at once. But where threads run, a fork may copy a lock that nobody will ever
    open; there a server that has the tables and no threads is asked to fork.
    """
    if threading.active_count() == 1 and sys.platform == "linux":
        return multiprocessing.get_context("fork")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    return context
