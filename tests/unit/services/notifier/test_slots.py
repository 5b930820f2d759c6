"""Who may send at once."""

from typing import Any, cast

from services.notifier.doorbell import Doorbell
from services.notifier.drain import Drain
from services.notifier.recorder import Recorder
from services.notifier.sender import Sender
from services.notifier.slots import EACH_FAILING, Slots
from shared.endpoints.deliveries import Claimed


def _delivery(endpoint: str, *, fresh: bool = True) -> Claimed:
    rest: dict[str, Any] = dict.fromkeys(
        ("order_key", "subject_id", "url", "credentials", "headers", "secret", "ed25519_key")
    )
    return Claimed(
        id="dlv_1", event_id="evt_1", event_type="file.processed", endpoint_id=endpoint, epoch=1, attempt=1, once=False,
        body=b"", channel="webhook", target={}, previous_secrets=[], endpoint_status="enabled", fresh=fresh, **rest,
    )  # fmt: skip


def _slots() -> Slots:
    return Slots(total=5, total_retries=2, each=3, each_retries=2)


def test_an_endpoint_may_have_its_own_slots_and_all_together_the_total() -> None:
    slots = _slots()
    for endpoint in ("a", "a", "a", "b"):
        slots.take(_delivery(endpoint))
    room = slots.room(100, 100)
    assert (room.limit, room.retry_limit) == (1, 2)
    assert room.busy == {"a": (0, 0), "b": (2, 2)}
    assert slots.room(0, 0).limit == 0


def test_what_was_given_back_is_free_again_and_forgotten() -> None:
    slots = _slots()
    slots.take(_delivery("a"))
    assert not slots.give_back(_delivery("a"), failed=False)
    assert (slots.room(100, 100).limit, slots.room(100, 100).busy) == (5, {})


def test_retries_have_slots_of_their_own_and_leave_the_first_tries_theirs() -> None:
    slots = _slots()
    for endpoint in ("a", "a"):
        slots.take(_delivery(endpoint, fresh=False))
    room = slots.room(100, 100)
    assert (room.limit, room.retry_limit, room.busy) == (5, 0, {"a": (1, 0)})
    assert slots.give_back(_delivery("a", fresh=False), failed=False), "another retry may have waited"
    assert slots.room(100, 100).retry_limit == 1


def test_a_failing_endpoint_has_one_slot_until_it_succeeds() -> None:
    slots = _slots()
    slots.take(_delivery("a"))
    slots.take(_delivery("a"))
    slots.give_back(_delivery("a"), failed=True)
    assert slots.room(100, 100).busy == {"a": (EACH_FAILING - 1, 0)}
    assert slots.give_back(_delivery("a"), failed=True)
    assert slots.room(100, 100).busy == {"a": (EACH_FAILING, 1)}
    slots.take(_delivery("a", fresh=False))
    slots.give_back(_delivery("a", fresh=False), failed=False)
    assert slots.room(100, 100).busy == {}


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
