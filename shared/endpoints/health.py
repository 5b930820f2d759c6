"""Decide what a try's answer means for its endpoint: spare it, warn of it, switch it off"""

from dataclasses import dataclass
from datetime import timedelta

#: An endpoint from which nothing but failures came for so long is switched off.
PATIENCE = timedelta(days=5)
#: Before that, the project's other endpoints are told, once at each of these shares of it.
WARNINGS = (50, 70, 90)
#: Answers that say "too much" or "not now": the endpoint gets less until it answers otherwise.
SLOWING = frozenset({429, 502, 503, 504})
#: Seconds between two deliveries to an endpoint that said so: it doubles with each such answer, and halves with each
#: success until it is below the first, and gone.
FIRST_PACE, SLOWEST_PACE = 0.5, 64.0


@dataclass(frozen=True)
class Health:
    """What follows: a warning at so many percent, or the end; most often neither."""

    warn: int | None = None
    switch_off: bool = False


def judge(failing_seconds: float, warned_percent: int) -> Health:
    """Return what follows from one more failure after so many seconds of nothing else.

    Nobody is switched off without the last warning: an endpoint that is seldom told of anything may have failed long
    ago and never since.
    """
    percent = failing_seconds / PATIENCE.total_seconds() * 100
    if percent >= 100 and warned_percent >= WARNINGS[-1]:
        return Health(switch_off=True)
    passed = max((each for each in WARNINGS if percent >= each), default=0)
    return Health(warn=passed) if passed > warned_percent else Health()
