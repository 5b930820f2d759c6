"""What follows from an answer, as a table; the schedule; what Retry-After may ask."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.endpoints.policy import (
    JITTER,
    SCHEDULE,
    Answer,
    Delivered,
    Disable,
    GaveUp,
    Outcome,
    Pause,
    TryAgain,
    Verdict,
    decide,
    seconds_asked,
    wait_after,
)

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LAST = len(SCHEDULE)


def _answer(status: int | None = None, error: str | None = None, retry_after: str | None = None) -> Answer:
    return Answer(NOW, 0.1, status=status, error=error, retry_after=retry_after)


@pytest.mark.parametrize(
    ("answer", "attempt", "follows"),
    [
        pytest.param(_answer(200), 1, Delivered, id="success"),
        pytest.param(_answer(204), LAST, Delivered, id="success at the last try"),
        pytest.param(_answer(299), 1, Delivered, id="any 2xx"),
        pytest.param(_answer(300), 1, TryAgain, id="3xx is a failure, not a way on"),
        pytest.param(_answer(308), 1, TryAgain, id="a permanent redirect too"),
        pytest.param(_answer(400), 1, TryAgain, id="a receiver's mistake may be repaired"),
        pytest.param(_answer(404), 1, TryAgain, id="a deployment under way looks like this"),
        pytest.param(_answer(410), 1, Disable, id="gone for good"),
        pytest.param(_answer(410), LAST, Disable, id="gone for good at the last try"),
        pytest.param(_answer(429), 1, TryAgain, id="too many"),
        pytest.param(_answer(500), LAST - 1, TryAgain, id="one try is left"),
        pytest.param(_answer(500), LAST, GaveUp, id="none is left"),
        pytest.param(_answer(error="timeout"), 1, TryAgain, id="no answer"),
        pytest.param(_answer(error="timeout"), LAST, GaveUp, id="no answer to the last"),
    ],
)
def test_what_follows_from_an_answer(answer: Answer, attempt: int, follows: type[Outcome]) -> None:
    assert isinstance(decide(answer, attempt), follows)


@pytest.mark.parametrize(
    ("verdict", "status", "follows"),
    [
        (Verdict("delivered"), 500, Delivered()),
        (Verdict("give_up", "550 no such mailbox"), 200, GaveUp("550 no such mailbox")),
        (Verdict("pause", "Slack: invalid_auth"), 200, Pause("Slack: invalid_auth")),
        (Verdict("disable", "Slack: no_team"), 404, Disable("Slack: no_team")),
    ],
)
def test_what_a_channel_knows_better_comes_before_the_status(verdict: Verdict, status: int, follows: Outcome) -> None:
    assert decide(Answer(NOW, 0.1, status=status, verdict=verdict), 1) == follows


def test_what_a_channel_would_try_again_is_tried_by_the_schedule_and_given_up_in_its_words() -> None:
    answer = Answer(NOW, 0.1, status=200, retry_after="7200", verdict=Verdict("retry", "Slack: ratelimited"))
    assert decide(answer, 1) == TryAgain(7200, "Slack: ratelimited")
    assert decide(answer, LAST) == GaveUp("Slack: ratelimited That was try 10 of 10.")
    paused = Answer(NOW, 0.1, verdict=Verdict("pause", "Slack: invalid_auth"))
    assert isinstance(decide(paused, 1, once=True), GaveUp)


def test_what_is_tried_once_neither_comes_back_nor_switches_anything_off() -> None:
    for answer in (_answer(500), _answer(410), _answer(error="timeout")):
        assert isinstance(decide(answer, 1, once=True), GaveUp)
    assert decide(_answer(200), 1, once=True) == Delivered()


def test_the_reason_of_giving_up_says_what_was_answered_and_how_often_it_was_tried() -> None:
    assert decide(_answer(503), LAST) == GaveUp("The endpoint answered 503. That was try 10 of 10.")
    assert decide(_answer(error="timeout"), LAST) == GaveUp("No answer: timeout. That was try 10 of 10.")


def test_the_schedule_is_the_specifications_and_spans_three_days() -> None:
    assert SCHEDULE[:4] == (timedelta(0), timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30))
    assert sum(SCHEDULE, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)


@given(st.integers(min_value=1, max_value=LAST - 1))
def test_each_wait_is_the_schedules_with_a_fifth_of_jitter(attempt: int) -> None:
    due = SCHEDULE[attempt].total_seconds()
    assert due * (1 - JITTER) <= wait_after(attempt) <= due * (1 + JITTER)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("1.5", 1.5),
        ("-5", 0),
        ("soon", 0),
        ("nan", 0),
        ("inf", 0),
        ("1e300", 86_400),
        ("86401", 86_400),
        ("Sun, 22 Nov 2026 10:01:00 GMT", 60),
        ("Sun, 22 Nov 2026 10:01:00", 60),
        ("Sun, 22 Nov 2026 12:01:00 +0200", 60),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0),
        ("Sun, 22 Nov 2099 09:00:00 GMT", 86_400),
        ("Sun, 99 Nov 2026 10:01:00 GMT", 0),
    ],
)
def test_retry_after_in_all_its_forms(header: str | None, seconds: float) -> None:
    assert seconds_asked(header, NOW) == seconds


@pytest.mark.parametrize(
    "header",
    [
        "Mon, 01 Jan 99999999999 00:00:00 GMT",
        "Mon, 01 Jan 2020 00:00:00 +99999999999999999999",
        "2020 Dec 9999 12.30.45 99999999999999999999",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 01 Jan 0001 00:00:00 +2359",
    ],
)
def test_a_date_beyond_all_calendars_is_nonsense_or_the_longest_wait(header: str) -> None:
    assert seconds_asked(header, NOW) in {0, 86_400}


@given(st.text(max_size=60))
def test_no_retry_after_breaks_anything(header: str) -> None:
    assert 0 <= seconds_asked(header, NOW) <= 86_400


def test_a_receiver_may_ask_for_more_time_than_the_schedule_gives_but_not_for_less() -> None:
    longer = decide(_answer(503, retry_after="7200"), 1)
    assert isinstance(longer, TryAgain)
    assert longer.after == 7200
    shorter = decide(_answer(503, retry_after="1"), 4)
    assert isinstance(shorter, TryAgain)
    assert shorter.after >= SCHEDULE[4].total_seconds() * (1 - JITTER)
