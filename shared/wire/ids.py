"""Make ids of OpenAI's form whose part after the prefix sorts by time."""

import secrets
import threading
import time
from datetime import datetime

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
#: 128 bits in base 36: lower case only, so that every collation of a database sorts it as bytes.
_WIDTH = 25
_lock = threading.Lock()
_last = 0


def new(prefix: str) -> str:
    """Return `prefix` and 25 characters: 48 bits of milliseconds, then chance; later calls in a process sort later.

    >>> a, b = new("ftjob-"), new("ftjob-")
    >>> a < b
    True
    """
    return prefix + _base36(_next())


def floor(prefix: str, at: datetime) -> str:
    """Return what sorts before every id of `prefix` made from that instant on: a page's beginning, without a look."""
    return prefix + _base36(max(int(at.timestamp() * 1000), 0) << 80)


def _next() -> int:
    global _last  # noqa: PLW0603 (the last value is what makes two ids of one millisecond sort)
    with _lock:
        value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
        if value >> 80 <= _last >> 80:
            value = _last + 1 + secrets.randbits(60)
        _last = value
        return value


def _base36(value: int) -> str:
    digits = []
    for _ in range(_WIDTH):
        value, rest = divmod(value, 36)
        digits.append(_DIGITS[rest])
    return "".join(reversed(digits))
