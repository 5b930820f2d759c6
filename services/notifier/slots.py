"""How many sends may run at once, in all and to each endpoint: a hanging endpoint holds its own slots only."""

from collections import Counter

#: To one endpoint at once.
EACH = 10
#: To an endpoint whose last try failed: it is asked, not flooded, until it answers again.
EACH_FAILING = 1
#: In all.
TOTAL = 256


class Slots:
    """Counts the sends under way. An endpoint that fails is left one slot until it succeeds."""

    def __init__(self, *, total: int = TOTAL, each: int = EACH) -> None:
        self.total = total
        self.each = each
        self._running: Counter[str] = Counter()
        self._failing: set[str] = set()

    def left(self) -> int:
        """Return how many sends may begin, whoever they are for."""
        return self.total - self._running.total()

    def left_of_busy(self) -> dict[str, int]:
        """Return what is left to the endpoints that have less than `each`."""
        known = self._failing | set(self._running)
        return {endpoint: max(self._most(endpoint) - self._running[endpoint], 0) for endpoint in known}

    def take(self, endpoint_id: str) -> None:
        """Count a send that begins."""
        self._running[endpoint_id] += 1

    def give_back(self, endpoint_id: str, *, failed: bool) -> bool:
        """Count a send that ended; say whether something may have waited for its slot."""
        full = self.left() <= 0 or self._running[endpoint_id] >= self._most(endpoint_id)
        self._running[endpoint_id] -= 1
        if self._running[endpoint_id] <= 0:
            del self._running[endpoint_id]
        if failed:
            self._failing.add(endpoint_id)
        else:
            self._failing.discard(endpoint_id)
        return full

    def _most(self, endpoint_id: str) -> int:
        return EACH_FAILING if endpoint_id in self._failing else self.each
