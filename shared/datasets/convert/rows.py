"""A row of a source: its number and its record, or why it has none."""

from dataclasses import dataclass
from typing import Any

from shared.datasets.checks import Findings, Place
from shared.datasets.checks.syntax import read_object
from shared.errors import Refused


class CannotConvert(Refused):
    """The file as a whole cannot be converted."""


class Unfit(ValueError):
    """One record cannot be turned into an example; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """`number` counts from 1: lines of JSON Lines, records of any other source. Without a record, `why` says so."""

    number: int
    record: dict[str, Any] | None
    why: str = ""


def parsed(number: int, text: bytes) -> Row:
    """Return the row whose record is written as JSON; what a decoder would swallow is a reason to skip it."""
    findings = Findings()
    place = Place(findings, number)
    record = read_object(text, place)
    if place.errors:
        return Row(number, None, findings.listed()[0].message)
    return Row(number, record)
