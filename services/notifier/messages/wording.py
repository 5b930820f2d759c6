"""The words for figures: sizes, durations, money, losses"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from shared.datasets.estimate import dollars

_KILO = 1000


def size(count: float | None) -> str | None:
    """Return bytes for reading: 987 B, 20.8 kB, 1.2 GB."""
    if count is None:
        return None
    power = next((power for power in (3, 2, 1) if count >= _KILO**power), 0)
    return f"{count / _KILO**power:.1f} {' kMG'[power]}B" if power else f"{count:.0f} B"


def duration(seconds: float | None) -> str | None:
    """Return a time for reading: 8 s, 4 min 12 s, 2 h 5 min, 3 d 4 h."""
    if seconds is None:
        return None
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    for unit, size_of, below, size_below in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size_of:
            rest = whole % size_of // size_below
            return f"{whole // size_of} {unit}" + (f" {rest} {below}" if rest else "")
    raise AssertionError(whole)


def count(number: float | None) -> str | None:
    """Return a count with its thousands."""
    return None if number is None else f"{number:,}"


def some(number: int, word: str) -> str:
    """Return a count and its noun: 1 error, 1,200 errors."""
    return f"{number:,} {word}{'s' * (number != 1)}"


def money(amount: float | None) -> str | None:
    """Return US dollars."""
    return None if amount is None else dollars(Decimal(str(amount)))


def loss(points: Sequence[tuple[int, float]]) -> str | None:
    """Return the last loss, and how it stands to the first one: 0.412 (first 2.310, −82 %)."""
    if not points:
        return None
    start, end = points[0][1], points[-1][1]
    if len(points) == 1 or start <= 0:
        return f"{end:.3f}"
    change = (end - start) / start
    # A loss of almost nothing has not lost all of itself.
    share = "over 99%" if -1 < change <= -0.995 else f"{abs(change):.0%}"
    return f"{end:.3f} (first {start:.3f}, {'−' if change < 0 else '+'}{share})"


def listed(values: Sequence[Any]) -> str | None:
    """Return values in a row."""
    return ", ".join(str(value) for value in values) or None
