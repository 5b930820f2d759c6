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
#: A send that takes longer leaves its slot to another, as many as there are slots: waiting costs a connection, which
#: egress has for all of them, and nobody else should wait.
LONG_SECONDS = 3.0


class _Kind:
    """The sends of one kind that are under way, in the order in which they began."""

    def __init__(self, total: int, now: Callable[[], float]) -> None:
        self.total = total
        self._now = now
        #: Delivery to when it began and its endpoint.
        self._begun: OrderedDict[str, tuple[float, str]] = OrderedDict()
        #: Of those that take long, delivery to endpoint; and how many each endpoint has.
        self._long: dict[str, str] = {}
        self._hanging: Counter[str] = Counter()

    @property
    def full(self) -> bool:
        return len(self._begun) >= self.total

    def room(self, most: int) -> int:
        """Let those that take long wait apart, and return how many may begin."""
        past = self._now() - LONG_SECONDS
        while self._begun and len(self._long) < self.total and next(iter(self._begun.values()))[0] <= past:
            delivery_id, (_, endpoint) = self._begun.popitem(last=False)
            self._long[delivery_id] = endpoint
            self._hanging[endpoint] += 1
        return max(min(self.total - len(self._begun), most), 0)

    def allowed(self, endpoint: str, most: int, start: int) -> int:
        """Return how many of `most` the endpoint may have: all of them, unless half of what may wait apart does.

        Then many hang, perhaps behind one provider: a stranger's at most, and none beside one that waits.
        """
        if 2 * len(self._long) < self.total:
            return most
        return 0 if endpoint in self._hanging else min(most, start)

    def begin(self, delivery: Claimed) -> None:
        self._begun[delivery.id] = self._now(), delivery.endpoint_id

    def end(self, delivery: Claimed) -> None:
        self._begun.pop(delivery.id, None)
        if self._long.pop(delivery.id, None) is not None:
            _count_down(self._hanging, delivery.endpoint_id)


class Slots:
    """Counts the sends under way. How many an endpoint may have is a matter of trust."""

    def __init__(
        self,
        *,
        total: int = TOTAL,
        total_retries: int = TOTAL_RETRIES,
        each: int = EACH,
        each_retries: int = EACH_RETRIES,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.each_retries = each_retries
        self.first_tries, self.retries = _Kind(total, now), _Kind(total_retries, now)
        self._trust = Trust(each, now=now)
        self._running: Counter[str] = Counter()
        self._retrying: Counter[str] = Counter()
        self._one_by_one: set[str] = set()

    def room(self, most: int, most_retries: int) -> Room:
        """Return what may begin now, up to `most` first tries and `most_retries` retries."""
        return Room(
            limit=self.first_tries.room(most),
            retry_limit=self.retries.room(most_retries),
            each=self._trust.start,
            each_retries=1,
            busy={endpoint: self._left(endpoint) for endpoint in {*self._trust.known(), *self._running}},
        )

    def take(self, delivery: Claimed) -> None:
        """Count a send that begins."""
        self._running[delivery.endpoint_id] += 1
        if delivery.one_by_one:
            self._one_by_one.add(delivery.endpoint_id)
        self._kind(delivery).begin(delivery)
        if not delivery.fresh:
            self._retrying[delivery.endpoint_id] += 1

    def give_back(self, delivery: Claimed, *, failed: bool | None) -> bool:
        """Count a send that ended; say whether something may have waited for its slot. None: nobody was asked."""
        endpoint = delivery.endpoint_id
        waited = self.first_tries.full or self.retries.full or 0 in self._left(endpoint)
        _count_down(self._running, endpoint)
        if endpoint not in self._running:
            self._one_by_one.discard(endpoint)
        self._kind(delivery).end(delivery)
        if not delivery.fresh:
            _count_down(self._retrying, endpoint)
        if failed is not None:
            self._trust.learn(endpoint, failed=failed)
        return waited

    def _kind(self, delivery: Claimed) -> _Kind:
        return self.first_tries if delivery.fresh else self.retries

    def _left(self, endpoint: str) -> tuple[int, int]:
        most = 1 if endpoint in self._one_by_one else self._trust[endpoint]
        slots = max(self.first_tries.allowed(endpoint, most, self._trust.start) - self._running[endpoint], 0)
        # What is put off was so by an endpoint that failed: one at a time until it has answered more than that.
        trusted = self.each_retries if self._trust[endpoint] > self._trust.start else 1
        retries = self.retries.allowed(endpoint, trusted, 1)
        return slots, max(min(slots, retries - self._retrying[endpoint]), 0)


def _count_down(counter: Counter[str], endpoint: str) -> None:
    counter[endpoint] -= 1
    if counter[endpoint] <= 0:
        del counter[endpoint]
