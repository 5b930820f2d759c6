"""Waits before a new start"""

from hypothesis import given
from hypothesis import strategies as st

from services.cli.up.backoff import FIRST, MOST, WELL_AFTER, Backoff


def test_it_doubles_from_a_fifth_of_a_second_to_ten_seconds() -> None:
    backoff = Backoff()
    assert [backoff.wait_after(1) for _ in range(8)] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]


def test_a_life_of_thirty_seconds_starts_it_over() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.wait_after(1)
    assert [backoff.wait_after(30), backoff.wait_after(29)] == [0.2, 0.4]


@given(st.lists(st.floats(0, 100)))
def test_whatever_the_lives_a_wait_is_never_shorter_than_the_first_nor_longer_than_the_most(lives: list[float]) -> None:
    backoff = Backoff()
    for lived in lives:
        wait = backoff.wait_after(lived)
        assert FIRST <= wait <= MOST
        assert lived < WELL_AFTER or wait == FIRST
