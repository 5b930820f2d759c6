"""Decide from an answer what happens to a delivery: delivered, again after a while, given up, endpoint switched off."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Literal

#: Waits before each try; the first is sent at once. Over three days in all, as the specification's example has it:
#: an outage over a long weekend loses nothing.
SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
#: Each wait is this much longer or shorter, so that what failed together does not come back together.
JITTER = 0.2
#: A receiver may ask us to stay away for a day, not for ever.
LONGEST_RETRY_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Verdict:
    """What a channel knows better than a status tells: Slack says 200 to what failed, a mail server 550 for ever.

    `pause` keeps the delivery for when the endpoint is enabled again; `disable` fails it. The tenant sees `reason`.
    """

    kind: Literal["delivered", "retry", "give_up", "pause", "disable"]
    reason: str = ""
    #: Seconds until the next try, by a channel that has a schedule of its own and gives up by itself.
    after: float | None = None
    #: Of `disable`: whether this one arrived all the same.
    delivered: bool = False


@dataclass(frozen=True)
class Answer:
    """How one attempt ended: with a status, or with the class of an error. `at` is when it began."""

    at: datetime
    seconds: float
    status: int | None = None
    error: str | None = None
    body: str | None = None
    retry_after: str | None = None
    request_id: str | None = None
    verdict: Verdict | None = None
    #: Whether somebody has it, though not everybody: an endpoint that leads to many does not fail for one of them.
    reached: bool = False

    def told(self) -> str:
        """Return the ending in words, for the log that the tenant sees."""
        if self.verdict is not None and self.verdict.reason:
            return self.verdict.reason
        if self.status == 410:
            return "The endpoint answered 410 Gone."
        return f"The endpoint answered {self.status}." if self.status else f"No answer: {self.error}."


@dataclass(frozen=True)
class Delivered:
    """The endpoint has it."""


@dataclass(frozen=True)
class TryAgain:
    """It may work after so many seconds."""

    after: float
    why: str


@dataclass(frozen=True)
class GaveUp:
    """Every try was used up."""

    reason: str


@dataclass(frozen=True)
class Disable:
    """The endpoint says that it is gone for good (410), or wants nothing more: no other is sent."""

    reason: str
    #: Whether this one arrived all the same.
    delivered: bool = False


@dataclass(frozen=True)
class Pause:
    """The channel cannot work until a person has mended it: nothing more is sent until then."""

    reason: str


@dataclass(frozen=True)
class Dropped:
    """The endpoint was deleted or disabled before this could be sent."""

    reason: str


@dataclass(frozen=True)
class Paused:
    """The endpoint was paused before this could be sent: it is held, and the try is not counted."""

    reason: str


Outcome = Delivered | TryAgain | GaveUp | Disable | Pause | Dropped | Paused
_FINAL: Mapping[str, Callable[[str], Outcome]] = {"give_up": GaveUp, "disable": Disable, "pause": Pause}


def decide(answer: Answer, attempt: int, *, once: bool = False) -> Outcome:
    """Return what follows from the answer to try number `attempt` (1-based). Only 2xx is success; 3xx is a failure.

    A verdict of the channel's own comes before the status. What is tried `once` changes nothing but itself.
    """
    kind = answer.verdict.kind if answer.verdict else _kind(answer)
    arrived = answer.verdict is not None and answer.verdict.delivered
    if kind == "delivered" or (arrived and once):
        return Delivered()
    if arrived:
        return Disable(answer.told(), delivered=True)
    if once:
        return GaveUp(f"{answer.told()} It was to be tried once.")
    if kind in _FINAL:
        return _FINAL[kind](answer.told())
    return _again(answer, attempt)


def _again(answer: Answer, attempt: int) -> Outcome:
    asked = seconds_asked(answer.retry_after, datetime.now(UTC))
    if answer.verdict is not None and answer.verdict.after is not None:
        return TryAgain(max(_jittered(answer.verdict.after), asked), answer.told())
    if attempt >= len(SCHEDULE):
        return GaveUp(f"{answer.told()} That was try {attempt} of {len(SCHEDULE)}.")
    return TryAgain(max(wait_after(attempt), asked), answer.told())


def _kind(answer: Answer) -> str:
    if answer.status is not None and 200 <= answer.status < 300:
        return "delivered"
    return "disable" if answer.status == 410 else "retry"


def wished(directives: str | None, status: int) -> Verdict | None:
    """Return what a receiver says in `webhook-delivery` beside its status; None for nothing.

    The words and their meaning are Svix's: `disable` wants nothing more, `abort-message` not this message again.
    """
    words = {word.strip().lower() for word in (directives or "").split(",")}
    arrived = 200 <= status < 300
    if "disable" in words:
        reason = "The endpoint said webhook-delivery: disable."
        return Verdict("disable", reason, delivered=arrived)
    if "abort-message" in words and not arrived:
        return Verdict("give_up", f"The endpoint answered {status}, and webhook-delivery: abort-message.")
    return None


def wait_after(attempt: int) -> float:
    """Return the seconds between try `attempt` (1-based) and the next, with jitter."""
    return _jittered(SCHEDULE[attempt].total_seconds())


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 (not secret)


def seconds_asked(retry_after: str | None, now: datetime) -> float:
    """Return how long `Retry-After` asks to wait: seconds, a fraction, or an HTTP date; 0 for nothing or nonsense."""
    if retry_after is None:
        return 0.0
    try:
        seconds = float(retry_after)
    except ValueError:
        seconds = _seconds_until(retry_after, now)
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER.total_seconds()) if isfinite(seconds) else 0.0


def _seconds_until(date: str, now: datetime) -> float:
    try:
        at = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        # The second for years and zones of more digits than a machine's number has.
        return 0.0
    # RFC 9110 5.6.7: an HTTP date is in GMT, said or not.
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
