"""End what an operator's template computes when it has taken too long"""

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

Result = TypeVar("Result")


class TookTooLong(RuntimeError):
    """The template computed for longer than a message may take."""


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
