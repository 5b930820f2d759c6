"""Quiet hours on a place's clock, when it is put forward and back too."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.endpoints.quiet import QuietHours, read_quiet_hours
from shared.errors import Refused


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _hours(start: str, end: str, zone: str = "Europe/Berlin") -> QuietHours:
    return read_quiet_hours({"from": start, "to": end, "time_zone": zone})


@pytest.mark.parametrize(
    ("hours", "at", "until"),
    [
        (_hours("22:00", "07:00"), "2026-06-15T21:59+02:00", None),
        (_hours("22:00", "07:00"), "2026-06-15T22:00+02:00", "2026-06-16T07:00+02:00"),
        (_hours("22:00", "07:00"), "2026-06-16T06:59+02:00", "2026-06-16T07:00+02:00"),
        (_hours("22:00", "07:00"), "2026-06-16T07:00+02:00", None),  # the end is not within
        (_hours("12:00", "13:30"), "2026-06-15T12:45+02:00", "2026-06-15T13:30+02:00"),  # within a day
        (_hours("22:00", "07:00"), "2026-06-15T22:30Z", "2026-06-16T05:00Z"),  # half past midnight there
        (_hours("22:00", "07:00"), "2026-12-15T21:30Z", "2026-12-16T06:00Z"),  # in winter
        (_hours("22:00", "07:00"), "2026-03-28T23:00+01:00", "2026-03-29T07:00+02:00"),  # the night of eight hours
        (_hours("22:00", "07:00"), "2026-10-24T23:00+02:00", "2026-10-25T07:00+01:00"),  # the night of ten
        (_hours("22:00", "02:30"), "2026-10-25T02:10+01:00", "2026-10-25T02:30+01:00"),  # an hour that comes twice
        (_hours("22:00", "02:30"), "2026-10-25T02:35+02:00", "2026-10-25T02:30+01:00"),  # not over after the first
        (_hours("22:00", "02:30"), "2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00"),  # a time that never comes
        (_hours("02:10", "02:50"), "2026-03-29T03:15+02:00", "2026-03-29T03:50+02:00"),  # nor these
        (_hours("23:30", "00:30", "Asia/Kathmandu"), "2026-06-15T18:00Z", "2026-06-15T18:45Z"),  # five and 3/4 hours
        (_hours("00:00", "23:59", "Pacific/Kiritimati"), "2026-06-15T10:00Z", "2026-06-16T09:59Z"),  # fourteen hours on
    ],
)
def test_until_when(hours: QuietHours, at: str, until: str | None) -> None:
    assert hours.until(_at(at)) == (None if until is None else _at(until))


_ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])


@given(
    at=st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    start=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    end=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    zone=_ZONES,
)
@settings(max_examples=60)
def test_they_end_later_within_a_day_and_are_over_then(at: datetime, start: time, end: time, zone: str) -> None:
    if start == end:
        return
    hours = QuietHours(start, end, zone)
    until = hours.until(at)
    if until is not None:
        assert at < until <= at + timedelta(hours=25)
        # They begin again at once only where an hour came twice, or none lay between.
        again = hours.until(until)
        assert again is None or again > until


@pytest.mark.parametrize(
    ("change", "param", "says"),
    [
        ({"from": "22"}, "quiet_hours.from", 'from "00:00" to "23:59"; it is "22"'),
        ({"from": "24:00"}, "quiet_hours.from", "time of day"),
        ({"to": "7:00"}, "quiet_hours.to", "time of day"),
        ({"to": "22:00"}, "quiet_hours.to", "the same"),
        ({"time_zone": "Berlin"}, "quiet_hours.time_zone", '"Berlin" is not a time zone'),
        ({"time_zone": "../../etc/passwd"}, "quiet_hours.time_zone", "is not a time zone"),
        ({"time_zone": ""}, "quiet_hours.time_zone", "is not a time zone"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], param: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        read_quiet_hours({"from": "22:00", "to": "07:00", "time_zone": "Europe/Berlin", **change})
    assert refused.value.param == param
