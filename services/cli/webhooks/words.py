"""Read what people type: times, pairs, hours, channels"""

import math
import re
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import typer

_SPAN = re.compile(r"(\d{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_HOURS = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)\s+(\S+)")


def span(text: str, option: str) -> int:
    """Return the seconds of `30m`, `2h`, `3d`."""
    if (found := _SPAN.fullmatch(text.strip())) is None:
        raise typer.BadParameter(f'{option}: "{text}" is no time span. Write 30m, 2h or 3d.')
    return int(found[1]) * _SECONDS[found[2]]


def instant(text: str, option: str) -> int:
    """Return Unix seconds of a span ago (`2h`), of Unix seconds, or of an ISO time (this machine's zone if none)."""
    if _SPAN.fullmatch(text.strip()):
        return int(time.time()) - span(text, option)
    if text.strip().isdecimal():
        return int(text)
    try:
        return int(datetime.fromisoformat(text.strip()).astimezone().timestamp())
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f'{option}: "{text}" is no time. Write 2h or 3d (that long ago), 2026-11-28T09:00, or Unix seconds.'
        ) from None


def pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """Return `NAME=VALUE` options as an object."""
    found: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not name or not equals:
            raise typer.BadParameter(f'{option}: "{each[:50]}" is not of the form NAME=VALUE.')
        if name in found:
            raise typer.BadParameter(f'{option}: "{name[:50]}" is given twice. Give it once.')
        found[name] = value
    return found


def quiet_hours(text: str, *, failures_pass: bool) -> dict[str, Any] | None:
    """Return `22:00-07:00 Europe/Berlin` as the API takes it; None for `off`."""
    if text.strip() == "off":
        return None
    if (found := _HOURS.fullmatch(text.strip())) is None:
        raise typer.BadParameter(
            f'--quiet: "{text}" is not of the form "22:00-07:00 Europe/Berlin". "off" takes them away.'
        )
    return {"from": found[1], "to": found[2], "time_zone": found[3], "failures_pass": failures_pass}


def number_or_off(text: str, option: str) -> float | None:
    """Return a number; None for `off`."""
    if text.strip() == "off":
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise typer.BadParameter(f'{option}: "{text}" is no number. "off" takes it away.')
    return number


def whole_or_off(text: str, option: str) -> int | None:
    """Return a whole number; None for `off`."""
    number = number_or_off(text, option)
    if number is not None and not number.is_integer():
        raise typer.BadParameter(f'{option}: "{text}" is no whole number.')
    return None if number is None else int(number)
