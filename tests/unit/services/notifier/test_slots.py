"""Who may send at once."""

from services.notifier.slots import EACH_FAILING, Slots


def test_an_endpoint_may_have_its_own_slots_and_all_together_the_total() -> None:
    slots = Slots(total=5, each=3)
    for endpoint in ("a", "a", "a", "b"):
        slots.take(endpoint)
    assert slots.left() == 1
    assert slots.left_of_busy() == {"a": 0, "b": 2}


def test_what_was_given_back_is_free_again_and_forgotten() -> None:
    slots = Slots(total=5, each=3)
    slots.take("a")
    slots.give_back("a", failed=False)
    assert (slots.left(), slots.left_of_busy()) == (5, {})


def test_a_failing_endpoint_has_one_slot_until_it_succeeds() -> None:
    slots = Slots(total=5, each=3)
    slots.take("a")
    slots.take("a")
    slots.give_back("a", failed=True)
    assert slots.left_of_busy() == {"a": EACH_FAILING - 1}
    slots.give_back("a", failed=True)
    assert slots.left_of_busy() == {"a": EACH_FAILING}
    slots.take("a")
    slots.give_back("a", failed=False)
    assert slots.left_of_busy() == {}
