"""Who may send at once."""

from collections import Counter
from dataclasses import replace
from itertools import cycle
from typing import Any, cast

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.notifier.doorbell import Doorbell
from services.notifier.drain import Drain
from services.notifier.recorder import Recorder
from services.notifier.sender import Sender
from services.notifier.slots import EACH, LONG_SECONDS, Slots
from services.notifier.trust import REMEMBERED, REMEMBERED_SECONDS, START
from shared.endpoints.deliveries import Claimed


class Clock:
    """A time that passes when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def _delivery(endpoint: str, *, fresh: bool = True, name: str = "dlv_1") -> Claimed:
    rest: dict[str, Any] = dict.fromkeys(("subject_id", "url", "credentials", "headers", "secret", "ed25519_key"))
    return Claimed(
        id=name, event_id="evt_1", event_type="file.processed", endpoint_id=endpoint, epoch=1, attempt=1, once=False,
        body=b"", channel="webhook", target={}, previous_secrets=[], endpoint_status="enabled", fresh=fresh, **rest,
    )  # fmt: skip


def _slots(clock: Clock | None = None, **limits: int) -> Slots:
    return Slots(**{"total": 5, "total_retries": 2, "each": 3, "each_retries": 2, **limits}, now=clock or Clock())


def _answers(slots: Slots, endpoint: str, *endings: bool) -> None:
    """Let sends begin and end, each before the next: true is a success."""
    for succeeded in endings:
        slots.take(_delivery(endpoint))
        slots.give_back(_delivery(endpoint), failed=not succeeded)


def test_an_endpoint_may_have_its_own_slots_and_all_together_the_total() -> None:
    slots = _slots()
    _answers(slots, "a", True)
    for number, endpoint in enumerate(("a", "a", "a", "b")):
        slots.take(_delivery(endpoint, name=f"dlv_{number}"))
    room = slots.room(100, 100)
    assert (room.limit, room.retry_limit) == (1, 2)
    assert room.busy == {"a": (0, 0), "b": (1, 1)}
    assert slots.room(0, 0).limit == 0


def test_what_was_given_back_is_free_again() -> None:
    slots = _slots()
    slots.take(_delivery("a"))
    assert not slots.give_back(_delivery("a"), failed=False)
    assert (slots.room(100, 100).limit, slots.room(100, 100).busy) == (5, {"a": (3, 2)})


def test_retries_have_slots_of_their_own_and_leave_the_first_tries_theirs() -> None:
    slots = _slots()
    _answers(slots, "a", True)
    for name in ("dlv_2", "dlv_3"):
        slots.take(_delivery("a", fresh=False, name=name))
    room = slots.room(100, 100)
    assert (room.limit, room.retry_limit, room.busy) == (5, 0, {"a": (1, 0)})
    assert slots.give_back(_delivery("a", fresh=False, name="dlv_2"), failed=False), "another retry may have waited"
    assert slots.room(100, 100).retry_limit == 1


@pytest.mark.parametrize(
    ("endings", "trusted", "why"),
    [
        ([], START, "nothing is known of it"),
        ([True], START + 1, "one more for each answer"),
        ([True] * 8, EACH, "a few answers, and it has all"),
        ([True] * 100, EACH, "and never more"),
        ([False], START // 2, "what fails at once is asked, not flooded"),
        ([False] * 100, 1, "but is asked"),
        ([True] * 8 + [False], EACH // 2, "one failure among many successes costs half"),
        ([True] * 8 + [False] * 3, 1, "what was good and stays away has one soon"),
        ([False] * 5 + [True] * 9, EACH, "what has come back has all soon"),
    ],
)
def test_trust_grows_with_each_success_and_is_halved_by_each_failure(
    endings: list[bool], trusted: int, why: str
) -> None:
    slots = _slots(each=EACH, total=100)
    _answers(slots, "a", *endings)
    room = slots.room(100, 100)
    assert room.busy.get("a", (room.each, 0))[0] == trusted, why


def test_what_is_known_of_an_endpoint_that_is_gone_is_forgotten() -> None:
    clock = Clock()
    slots = _slots(clock)
    for number in range(REMEMBERED + 50):
        _answers(slots, f"wh_{number}", False)
    assert len(slots.room(100, 100).busy) == REMEMBERED
    clock.now = REMEMBERED_SECONDS + 1
    assert slots.room(100, 100).busy == {}


@pytest.mark.parametrize("fresh", [True, False], ids=["first tries", "retries"])
def test_a_send_that_takes_long_leaves_its_slot_but_not_its_endpoints(fresh: bool) -> None:  # noqa: FBT001 (a parameter)
    clock = Clock()
    slots = _slots(clock, total=2, total_retries=2)

    def left() -> int:
        room = slots.room(100, 100)
        return room.limit if fresh else room.retry_limit

    for number in range(2):
        slots.take(_delivery("a", fresh=fresh, name=f"dlv_{number}"))
    assert left() == 0
    clock.now = LONG_SECONDS
    assert (left(), slots.room(100, 100).busy["a"]) == (2, (0, 0))
    for number in range(2, 4):
        slots.take(_delivery(f"b{number}", fresh=fresh, name=f"dlv_{number}"))
    clock.now *= 2
    assert left() == 0, "only as many may have left their slots as there are"
    slots.give_back(_delivery("a", fresh=fresh, name="dlv_0"), failed=True)
    assert left() == 1


@pytest.mark.parametrize("burst", [1, EACH], ids=["to each in turn", "as many as each is trusted with"])
def test_a_hundred_that_were_good_and_hang_together_hold_others_up_for_a_moment(burst: int) -> None:
    clock = Clock()
    slots = Slots(now=clock)
    endpoints = [f"wh_{number}" for number in range(100) for _ in range(burst)]
    for endpoint in endpoints:
        _answers(slots, endpoint, *[True] * EACH)
    asked = cycle(endpoints)
    for second in range(29):
        clock.now = float(second)
        for number in range(100):
            room, endpoint = slots.room(100, 100), next(asked)
            if room.limit and room.busy[endpoint][0]:
                slots.take(_delivery(endpoint, name=f"dlv_{second}_{number}"))
        assert slots.room(100, 100).limit > 0 or clock.now < 2 * LONG_SECONDS


class Sends(RuleBasedStateMachine):
    """Endpoints that answer, fail and hang, in any order, and a claim that takes what there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.slots = _slots(self.clock, total=6, total_retries=3, each=4, each_retries=2)
        self.running: list[Claimed] = []
        self.begun = 0

    @rule(endpoint=st.sampled_from("abcdef"), fresh=st.booleans(), many=st.integers(1, 6))
    def claim(self, endpoint: str, fresh: bool, many: int) -> None:  # noqa: FBT001 (drawn)
        room = self.slots.room(100, 100)
        slots, retries = room.busy.get(endpoint, (room.each, room.each_retries))
        for _ in range(min(many, room.limit if fresh else room.retry_limit, slots if fresh else min(slots, retries))):
            self.begun += 1
            delivery = _delivery(endpoint, fresh=fresh, name=f"dlv_{self.begun}")
            self.slots.take(delivery)
            self.running.append(delivery)

    @precondition(lambda self: self.running)
    @rule(which=st.integers(0), failed=st.booleans())
    def end(self, which: int, failed: bool) -> None:  # noqa: FBT001 (drawn)
        self.slots.give_back(self.running.pop(which % len(self.running)), failed=failed)

    @rule(seconds=st.sampled_from([0.1, LONG_SECONDS, REMEMBERED_SECONDS]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @invariant()
    def nobody_has_more_than_the_limits_say(self) -> None:
        by_endpoint = Counter(delivery.endpoint_id for delivery in self.running)
        retries = Counter(delivery.endpoint_id for delivery in self.running if not delivery.fresh)
        assert max(by_endpoint.values(), default=0) <= 4
        assert max(retries.values(), default=0) <= 2
        assert len(self.running) - retries.total() <= 6 + 6
        assert retries.total() <= 3 + 3

    @invariant()
    def the_room_is_the_limits_less_what_runs(self) -> None:
        first_tries = sum(delivery.fresh for delivery in self.running)
        room = self.slots.room(100, 100)
        retries = len(self.running) - first_tries
        assert 6 - first_tries <= room.limit <= min(6, 6 + 6 - first_tries)
        assert 3 - retries <= room.retry_limit <= min(3, 3 + 3 - retries)
        by_endpoint = Counter(delivery.endpoint_id for delivery in self.running)
        assert all(0 <= slots <= 4 - by_endpoint[endpoint] for endpoint, (slots, _) in room.busy.items())
        assert by_endpoint.keys() <= room.busy.keys(), "nobody who has slots already counts as a stranger"


TestSends = Sends.TestCase


async def test_what_is_dropped_for_an_endpoint_that_is_off_says_nothing_of_how_it_answers() -> None:
    drain = Drain({}, Recorder(cast("Any", None)), Doorbell())
    drain.start([replace(_delivery("a", name=f"dlv_{each}"), endpoint_status="disabled") for each in range(EACH)])
    await drain.finish(10)
    assert drain.slots.room(100, 100).busy == {}, "switched on again, it is a stranger"


async def test_a_defect_in_what_follows_from_an_answer_costs_no_slot() -> None:
    class Nonsense:
        async def send(self, _delivery: Claimed) -> None:
            return None

    senders = {"webhook": cast("Sender", Nonsense())}
    drain = Drain(senders, Recorder(cast("Any", None)), Doorbell())
    before = drain.slots.room(10**6, 10**6)
    drain.start([_delivery("a"), _delivery("b", fresh=False)])
    await drain.finish(10)
    after = drain.slots.room(10**6, 10**6)
    assert (after.limit, after.retry_limit) == (before.limit, before.retry_limit)
