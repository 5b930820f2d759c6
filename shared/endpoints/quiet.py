"""Say until when an endpoint is to be left in peace: quiet hours on the clock of a place, its summer time included"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from shared.errors import Refused

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True)
class QuietHours:
    """From a time of day to another, past midnight if it is the earlier one, every day, where `zone` is."""

    start: time
    end: time
    zone: str
    failures_pass: bool = True

    def until(self, at: datetime) -> datetime | None:
        """Return when the quiet hours end that hold at `at`; None when none do."""
        zone = ZoneInfo(self.zone)
        today = at.astimezone(zone).date()
        # Compared as instants, because an hour comes twice when clocks are put back, and never when they are put
        # forward: the hours begin with the first and end with the second, and what never comes is an hour later.
        for day in (today - timedelta(days=1), today):
            last = day if self.start < self.end else day + timedelta(days=1)
            begins = datetime.combine(day, self.start, zone).astimezone(UTC)
            ends = max(datetime.combine(last, self.end.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
            if begins <= at < ends:
                return ends
        return None


def read_quiet_hours(stored: dict[str, Any]) -> QuietHours:
    """Return quiet hours as they are used, or raise Refused for the part that is wrong."""
    start, end = _clock(stored["from"], "from"), _clock(stored["to"], "to")
    if start == end:
        raise Refused(
            'quiet_hours: "from" and "to" are the same. To tell it nothing at all, pause the endpoint.',
            param="quiet_hours.to",
        )
    if stored["time_zone"] not in _zones():
        raise Refused(
            f'quiet_hours.time_zone: "{stored["time_zone"][:64]}" is not a time zone. '
            'Give its name in the IANA database, such as "Europe/Berlin" or "UTC".',
            param="quiet_hours.time_zone",
        )
    return QuietHours(start, end, stored["time_zone"], stored.get("failures_pass", True))


def _clock(given: str, field: str) -> time:
    if (found := _CLOCK.fullmatch(given)) is None:
        raise Refused(
            f'quiet_hours.{field}: must be a time of day from "00:00" to "23:59"; it is "{given[:20]}".',
            param=f"quiet_hours.{field}",
        )
    return time(int(found[1]), int(found[2]))


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
