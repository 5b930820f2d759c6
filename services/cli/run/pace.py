"""How long to wait between two looks: short while things change, longer while nothing does"""

import asyncio

FIRST_SECONDS, MOST_SECONDS = 0.3, 3.0
_GROWTH = 1.4


class Pace:
    """Waits that grow from 0.3 s to 3 s, and start over when something changed."""

    def __init__(self, first: float = FIRST_SECONDS, most: float = MOST_SECONDS) -> None:
        self._first, self._most = first, most
        self._next = first

    def changed(self) -> None:
        """Look again soon."""
        self._next = self._first

    def next_wait(self) -> float:
        """Return the seconds to wait now; the one after is longer."""
        now, self._next = self._next, min(self._next * _GROWTH, self._most)
        return now

    async def wait(self) -> None:
        """Wait that long."""
        await asyncio.sleep(self.next_wait())
