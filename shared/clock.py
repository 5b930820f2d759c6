"""Instants and waits: aware UTC inside, Unix seconds on the wire."""

import random
from datetime import UTC, datetime


def now() -> datetime:
    """Return this process's time, for display and logs; decisions use the database's clock."""
    return datetime.now(UTC)


def unix(at: datetime) -> int:
    """Return whole Unix seconds, as every time on the wire is."""
    return int(at.timestamp())


def from_unix(seconds: float) -> datetime:
    """Return the instant of Unix seconds."""
    return datetime.fromtimestamp(seconds, UTC)


def backoff(attempt: int, first: float, most: float) -> float:
    """Return the seconds to wait after try `attempt` (1-based): `first`, doubling to `most`, ±20 % so crowds part."""
    doublings: int = min(attempt, 60) - 1
    return min(first * float(2**doublings), most) * random.uniform(0.8, 1.2)  # noqa: S311 (jitter, not secret)
