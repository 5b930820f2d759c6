"""How many sends may run at once, in all and to each endpoint: a hanging endpoint holds its own slots only."""

from collections import Counter

from shared.endpoints.deliveries import Claimed, Room

#: To one endpoint at once.
EACH = 10
#: Of those, for deliveries that were put off: after an outage they come in thousands, and what is new goes first.
EACH_RETRIES = 5
#: To an endpoint whose last try failed: it is asked, not flooded, until it answers again.
EACH_FAILING = 1
#: First tries in all; and retries, which have slots of their own, so that neither ever waits for the other.
TOTAL = 256
TOTAL_RETRIES = 64


class Slots:
    """Counts the sends under way. An endpoint that fails is left one slot until it succeeds."""

    def __init__(
        self,
        *,
        total: int = TOTAL,
        total_retries: int = TOTAL_RETRIES,
        each: int = EACH,
        each_retries: int = EACH_RETRIES,
    ) -> None:
        self.total, self.total_retries = total, total_retries
        self.each, self.each_retries = each, each_retries
        self._running: Counter[str] = Counter()
        self._retries: Counter[str] = Counter()
        self._failing: set[str] = set()
        self._one_by_one: set[str] = set()
        self._first_tries = self._all_retries = 0

    def room(self, most: int, most_retries: int) -> Room:
        """Return what may begin now, up to `most` first tries and `most_retries` retries."""
        known = self._failing | set(self._running)
        return Room(
            limit=max(min(self.total - self._first_tries, most), 0),
            retry_limit=max(min(self.total_retries - self._all_retries, most_retries), 0),
            each=self.each,
            each_retries=self.each_retries,
            busy={endpoint: self._left(endpoint) for endpoint in known},
        )

    def take(self, delivery: Claimed) -> None:
        """Count a send that begins."""
        self._running[delivery.endpoint_id] += 1
        if delivery.one_by_one:
            self._one_by_one.add(delivery.endpoint_id)
        if delivery.fresh:
            self._first_tries += 1
        else:
            self._all_retries += 1
            self._retries[delivery.endpoint_id] += 1

    def give_back(self, delivery: Claimed, *, failed: bool) -> bool:
        """Count a send that ended; say whether something may have waited for its slot."""
        endpoint = delivery.endpoint_id
        full = self._first_tries >= self.total or self._all_retries >= self.total_retries
        waited = full or 0 in self._left(endpoint)
        _count_down(self._running, endpoint)
        if endpoint not in self._running:
            self._one_by_one.discard(endpoint)
        if delivery.fresh:
            self._first_tries -= 1
        else:
            self._all_retries -= 1
            _count_down(self._retries, endpoint)
        if failed:
            self._failing.add(endpoint)
        else:
            self._failing.discard(endpoint)
        return waited

    def _left(self, endpoint: str) -> tuple[int, int]:
        most = EACH_FAILING if endpoint in self._failing else 1 if endpoint in self._one_by_one else self.each
        slots = max(most - self._running[endpoint], 0)
        return slots, max(min(slots, self.each_retries - self._retries[endpoint]), 0)


def _count_down(counter: Counter[str], endpoint: str) -> None:
    counter[endpoint] -= 1
    if counter[endpoint] <= 0:
        del counter[endpoint]
