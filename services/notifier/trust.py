"""How many sends an endpoint is trusted with: few to begin with, more with each success, fewer with each failure"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

#: To an endpoint that nothing is known of: new to this process, or silent for long. It may hang like any other.
START = 2
#: Without a success for so long, what is known of an endpoint is forgotten.
REMEMBERED_SECONDS = 600.0
#: Endpoints remembered; what was heard of longest ago is forgotten first. Each claim carries what is remembered.
REMEMBERED = 1000


class Trust:
    """What this process learned of endpoints, by how their sends ended. Two answers double what it trusts one with."""

    def __init__(self, most: int, *, start: int = START, now: Callable[[], float] = time.monotonic) -> None:
        self.most, self.start = most, min(start, most)
        self._now = now
        #: Endpoint to what it is trusted with and when that was learned, in that order.
        self._learned: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def __getitem__(self, endpoint: str) -> int:
        return self._learned[endpoint][0] if endpoint in self._learned else self.start

    def learn(self, endpoint: str, *, failed: bool) -> None:
        """Count how a send ended: one more for a success, half for a failure, never fewer than one."""
        trusted = max(self[endpoint] // 2, 1) if failed else min(self[endpoint] + 1, self.most)
        self._learned[endpoint] = trusted, self._now()
        self._learned.move_to_end(endpoint)
        if len(self._learned) > REMEMBERED:
            self._learned.popitem(last=False)

    def known(self) -> Iterable[str]:
        """Return the endpoints of which something is known, and forget what was learned too long ago."""
        past = self._now() - REMEMBERED_SECONDS
        while self._learned and next(iter(self._learned.values()))[1] < past:
            self._learned.popitem(last=False)
        return self._learned.keys()
