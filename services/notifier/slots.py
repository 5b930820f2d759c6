"""How many sends may run at once, in all and to each endpoint: a hanging endpoint holds its own slots only."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable

from services.notifier.trust import Trust
from shared.endpoints.deliveries import Claimed, Room

#: To one endpoint at once, when it has answered often enough.
EACH = 10
#: Of those, for deliveries that were put off: after an outage they come in thousands, and what is new goes first.
EACH_RETRIES = 5
#: First tries in all; and retries, which have slots of their own, so that neither ever waits for the other.
TOTAL = 256
TOTAL_RETRIES = 64
#: A first try that takes longer leaves its slot to another: waiting costs a connection, and nobody else should wait.
LONG_SECONDS = 3.0
#: So many may have left their slots; with all the rest, fewer than the connections that egress allows.
MOST_LONG = 256


class Slots:
    """Counts the sends under way. How many an endpoint may have is a matter of trust."""

    def __init__(
        self,
        *,
        total: int = TOTAL,
        total_retries: int = TOTAL_RETRIES,
        each: int = EACH,
        each_retries: int = EACH_RETRIES,
        most_long: int = MOST_LONG,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total, self.total_retries = total, total_retries
        self.each_retries = each_retries
        self.most_long = most_long
        self._trust = Trust(each, now=now)
        self._now = now
        self._running: Counter[str] = Counter()
        self._retries: Counter[str] = Counter()
        self._one_by_one: set[str] = set()
        #: First tries under way, to when they began; those that left their slots are moved to the other.
        self._first_tries: OrderedDict[str, float] = OrderedDict()
        self._long: set[str] = set()
        self._all_retries = 0

    def room(self, most: int, most_retries: int) -> Room:
        """Return what may begin now, up to `most` first tries and `most_retries` retries."""
        self._let_long_ones_wait_apart()
        return Room(
            limit=max(min(self.total - len(self._first_tries), most), 0),
            retry_limit=max(min(self.total_retries - self._all_retries, most_retries), 0),
            each=self._trust.start,
            each_retries=min(self._trust.start, self.each_retries),
            busy={endpoint: self._left(endpoint) for endpoint in {*self._trust.known(), *self._running}},
        )

    def take(self, delivery: Claimed) -> None:
        """Count a send that begins."""
        self._running[delivery.endpoint_id] += 1
        if delivery.one_by_one:
            self._one_by_one.add(delivery.endpoint_id)
        if delivery.fresh:
            self._first_tries[delivery.id] = self._now()
        else:
            self._all_retries += 1
            self._retries[delivery.endpoint_id] += 1

    def give_back(self, delivery: Claimed, *, failed: bool) -> bool:
        """Count a send that ended; say whether something may have waited for its slot."""
        endpoint = delivery.endpoint_id
        full = len(self._first_tries) >= self.total or self._all_retries >= self.total_retries
        waited = full or 0 in self._left(endpoint)
        _count_down(self._running, endpoint)
        if endpoint not in self._running:
            self._one_by_one.discard(endpoint)
        if delivery.fresh:
            self._first_tries.pop(delivery.id, None)
            self._long.discard(delivery.id)
        else:
            self._all_retries -= 1
            _count_down(self._retries, endpoint)
        self._trust.learn(endpoint, failed=failed)
        return waited

    def _let_long_ones_wait_apart(self) -> None:
        past = self._now() - LONG_SECONDS
        while self._first_tries and len(self._long) < self.most_long:
            delivery_id, began = next(iter(self._first_tries.items()))
            if began > past:
                return
            del self._first_tries[delivery_id]
            self._long.add(delivery_id)

    def _left(self, endpoint: str) -> tuple[int, int]:
        most = 1 if endpoint in self._one_by_one else self._trust[endpoint]
        slots = max(most - self._running[endpoint], 0)
        return slots, max(min(slots, self.each_retries - self._retries[endpoint]), 0)


def _count_down(counter: Counter[str], endpoint: str) -> None:
    counter[endpoint] -= 1
    if counter[endpoint] <= 0:
        del counter[endpoint]
