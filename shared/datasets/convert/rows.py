"""A row of a source: its number and its record, or why it has none."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from shared.datasets.checks import Findings, Place
from shared.datasets.checks.syntax import read_object
from shared.datasets.formats import bare_key
from shared.errors import Refused


class CannotConvert(Refused):
    """The file as a whole cannot be converted. `option` is what says in a terminal what the message asks for."""

    def __init__(self, message: str | None = None, *, option: str = "", param: str | None = None) -> None:
        super().__init__(message, param=param)
        self.option = option


def refuse_doubles(names: Sequence[str], where: str) -> None:
    """Raise CannotConvert if a column's name comes twice: a record would keep one of the two."""
    doubles = sorted(name for name, times in Counter(names).items() if times > 1)
    if doubles:
        raise CannotConvert(f"{where} names {', '.join(map(repr, doubles))} more than once. Rename one of them.")


class Unfit(ValueError):
    """One record cannot be turned into an example; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """`number` counts from 1: lines of JSON Lines, records of any other source. Without a record, `why` says so."""

    number: int
    record: dict[str, Any] | None
    why: str = ""
    #: How the record is written, where it is written as JSON.
    text: bytes | None = field(default=None, compare=False)

    def line(self) -> bytes:
        """Return the record on one line. Written as JSON it stays so: a decoder would round its numbers."""
        if self.text is not None:
            try:
                return msgspec.json.format(self.text, indent=-1)
            except msgspec.DecodeError:
                pass
        return msgspec.json.encode(self.record)


def parsed(number: int, text: bytes) -> Row:
    """Return the row whose record is written as JSON; what a decoder would swallow is a reason to skip it.

    An array of turns is the record that it is missing around it.
    """
    if (key := bare_key(text)) is not None:
        text = b'{"%b": %b}' % (key.encode(), text)
    findings = Findings()
    place = Place(findings, number)
    record = read_object(text, place)
    if place.errors:
        return Row(number, None, findings.listed()[0].message)
    return Row(number, record, text=text)
