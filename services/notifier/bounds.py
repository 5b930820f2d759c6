"""End what an operator's template computes when it takes too long, or would make too much at once"""

import sys
import time
from collections.abc import Callable, Sized
from types import FrameType
from typing import Any, TypeVar

from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

Result = TypeVar("Result")
#: What one operation may make: characters, items, or bits of a number. No message has as many.
MOST_AT_ONCE = 1_000_000


class TookTooLong(RuntimeError):
    """The template computed for longer than a message may take."""


class TooMuch(ValueError):
    """One operation of the template would make more than fits into any message."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's own, in which a repetition or a power cannot fill the memory by itself, where no clock ends it."""

    # Jinja works out what consists of constants when it compiles, but for these.
    intercepted_binops = frozenset(("*", "**"))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return what the operation makes; raise TooMuch before it makes what is too large."""
        if _made(operator, left, right) > MOST_AT_ONCE:
            raise TooMuch(f"One {operator} may make {MOST_AT_ONCE:,} characters, items or bits, and no more.")
        return super().call_binop(context, operator, left, right)


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """Return what `work` returns, or raise TookTooLong once it has used so many seconds of a processor.

    Looked at on each line of Python: that ends every loop, not one operation that is endless by itself. Not the wall's
    clock, because a busy machine is no fault of a template.
    """
    ends = time.thread_time() + seconds

    def watch(_frame: FrameType, _event: str, _argument: Any) -> Any:
        if time.thread_time() > ends:
            raise TookTooLong(f"It computed for more than {seconds:g} s.")
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        return work()
    finally:
        # Of this thread only, as is what was set before: a debugger's, or a coverage's.
        sys.settrace(before)


def _made(operator: str, left: Any, right: Any) -> int:
    """Return how large the result is: characters, items, or bits of a number."""
    for many, times in ((left, right), (right, left)):
        if isinstance(many, Sized) and isinstance(times, int):
            return len(many) * times
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length()
        return bits * right if operator == "**" else bits + right.bit_length()
    return 0
