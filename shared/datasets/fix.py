"""Mend what needs no question: exact duplicates, byte order mark, CRLF, blank lines, characters in pieces."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, BinaryIO

import msgspec

from shared.datasets.formats.keys import keys_of
from shared.datasets.formats.plain import keys_in
from shared.datasets.reading import Lines
from shared.errors import Refused

_BOM = b"\xef\xbb\xbf"
#: Of each kind every mended line is counted, and so many are named.
LISTED = 1_000
#: A string of a line of JSON, and whether a colon makes it a key: keys are names, and stay as they are.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:)?')

#: Numbers digit by digit: two that differ beyond a float's precision are not the same.
_decode = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode
_encode = msgspec.json.Encoder(order="deterministic", decimal_format="number").encode


class Mended(StrEnum):
    """What was done to a line."""

    BYTE_ORDER_MARK = "byte_order_mark"
    CRLF = "crlf"
    BLANK_LINE = "blank_line"
    NOT_NFC = "not_nfc"
    DUPLICATE_EXAMPLE = "duplicate_example"

    @property
    def deed(self) -> str:
        """What was done, for a sentence."""
        return {
            "byte_order_mark": "byte order mark removed",
            "crlf": "carriage returns removed from the ends of lines",
            "blank_line": "blank lines removed",
            "not_nfc": "texts composed (NFC)",
            "duplicate_example": "exact duplicates removed, the first of each kept",
        }[self.value]


@dataclass
class Fixes:
    """What was mended: how many lines of the original, and the first thousand of them, by kind."""

    counts: dict[Mended, int] = field(default_factory=dict)
    lines: dict[Mended, list[int]] = field(default_factory=dict)
    read: int = 0
    written: int = 0

    def note(self, what: Mended, line: int) -> None:
        """Count a line."""
        self.counts[what] = self.counts.get(what, 0) + 1
        if self.counts[what] <= LISTED:
            self.lines.setdefault(what, []).append(line)

    def as_dict(self) -> dict[str, Any]:
        """Return the field `fixes` that `--json` shows."""
        made = [{"code": what.value, "count": self.counts[what], "lines": self.lines[what]} for what in self.counts]
        return {"lines_read": self.read, "lines_written": self.written, "made": made}


class Fixing:
    """Iterate once for the lines of the corrected copy; `fixes` tells what was done by then.

    A line that cannot be read is copied as it is: what it should be is for a person to say. Some hundred bytes of
    memory an example, by which the next of the same is known.
    """

    def __init__(self, stream: BinaryIO | Iterable[bytes]) -> None:
        self.fixes = Fixes()
        self._stream = stream
        self._seen: set[bytes] = set()

    def __iter__(self) -> Iterator[bytes]:
        for number, line in Lines(self._stream):
            self.fixes.read = number
            if line is None:
                raise Refused(f"line {number} is over 64 MiB. Split it, then fix the rest.")
            mended = self._mended(number, line)
            if mended is not None:
                self.fixes.written += 1
                yield mended + b"\n"

    def _mended(self, number: int, line: bytes) -> bytes | None:
        if number == 1 and line.startswith(_BOM):
            self.fixes.note(Mended.BYTE_ORDER_MARK, number)
            line = line.removeprefix(_BOM)
        if not line.strip():
            self.fixes.note(Mended.BLANK_LINE, number)
            return None
        if line.endswith(b"\r"):
            self.fixes.note(Mended.CRLF, number)
            line = line.rstrip(b"\r")
        line = self._composed(number, line)
        if self._is_double(line):
            self.fixes.note(Mended.DUPLICATE_EXAMPLE, number)
            return None
        return line

    def _composed(self, number: int, line: bytes) -> bytes:
        # Escapes are ASCII: a line of ASCII without one has nothing to compose.
        if line.isascii() and b"\\u" not in line:
            return line
        try:
            text = line.decode()
            composed = _STRING.sub(_compose, text)
            is_same = json.loads(composed) == json.loads(text)
            mended = composed.encode()
        except (ValueError, RecursionError):  # also half a surrogate pair, which has no UTF-8
            return line
        if is_same:
            return line
        self.fixes.note(Mended.NOT_NFC, number)
        return mended

    def _is_double(self, line: bytes) -> bool:
        try:
            example = _decode(line)
            whole = _encode(example)
            if keys_of(example) != keys_in(line):
                json.loads(line, object_pairs_hook=_once)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return False
        key = hashlib.sha256(whole).digest()[:16]
        if key in self._seen:
            return True
        self._seen.add(key)
        return False


def _once(items: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object; raise ValueError when a key stands twice: what a decoder drops of it, nobody may remove."""
    if len(found := dict(items)) != len(items):
        raise ValueError
    return found


def _compose(found: re.Match[str]) -> str:
    if found[1] is not None:
        return found[0]
    text: str = json.loads(found[0])
    composed = unicodedata.normalize("NFC", text)
    return found[0] if composed == text else json.dumps(composed, ensure_ascii=False)
