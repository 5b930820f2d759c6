"""When it is told that a base's training ends."""

from datetime import date

import pytest

from shared.catalogue import find
from shared.catalogue.retirement import is_over, notice, trainable_first


@pytest.mark.parametrize(
    ("name", "today", "expected"),
    [
        (
            "gpt-4.1-nano",  # both ends on one day
            date(2026, 11, 22),
            "gpt-4.1-nano-2025-04-14: OpenAI takes no new jobs since 2026-10-23; the trainer of Tuneyard does",
        ),
        (
            "gpt-4o-mini",  # within 60 days
            date(2026, 11, 22),
            (
                "gpt-4o-mini-2024-07-18: OpenAI takes no new jobs after 2027-01-06; the trainer of Tuneyard does. "
                "Models that OpenAI tuned from it stop answering on 2027-01-14"
            ),
        ),
        (
            "davinci-002",  # both are past, at different times
            date(2026, 11, 22),
            (
                "davinci-002: OpenAI takes no new jobs since 2024-10-28; the trainer of Tuneyard does. "
                "Models that OpenAI tuned from it stopped answering on 2026-10-23"
            ),
        ),
        ("gpt-4o-mini", date(2026, 11, 6), None),  # 61 days before
    ],
)
def test_a_base_whose_training_ends_is_told_with_its_dates(name: str, today: date, expected: str | None) -> None:
    base = find(name)
    assert base is not None
    assert notice(base, today) == expected


def test_the_last_day_is_a_day_on_which_jobs_are_taken() -> None:
    base = find("gpt-4o-mini")
    assert base is not None
    assert [is_over(base, date(2027, 1, day)) for day in (6, 7)] == [False, True]


def test_names_that_can_still_be_trained_come_first_and_keep_their_order() -> None:
    names = ("gpt-4", "gpt-4o", "davinci-002", "gpt-4.1")
    assert trainable_first(names, date(2026, 11, 22)) == ("gpt-4o", "gpt-4.1", "gpt-4", "davinci-002")
