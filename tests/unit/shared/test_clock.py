"""Waits grow to their limit and never beyond; instants go to the wire and back."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shared.clock import backoff, from_unix, now, unix

SPANS = st.floats(0.01, 1000)


@given(st.integers(1, 10**9), SPANS, SPANS)
def test_a_wait_lies_within_a_fifth_of_its_power_of_two_and_of_the_limit(
    attempt: int, first: float, most: float
) -> None:
    middle = min(first * 2.0 ** (min(attempt, 60) - 1), most)
    assert middle * 0.8 <= backoff(attempt, first, most) <= middle * 1.2


def test_a_crowd_does_not_come_back_together() -> None:
    assert len({backoff(3, 1, 300) for _ in range(50)}) > 40


def test_an_instant_is_aware_and_whole_on_the_wire() -> None:
    assert now().tzinfo is UTC
    assert unix(datetime(2026, 1, 1, 0, 0, 0, 999_999, UTC)) == 1767225600
    assert from_unix(1767225600) == datetime(2026, 1, 1, tzinfo=UTC)
