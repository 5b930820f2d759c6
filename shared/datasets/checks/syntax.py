"""Read a line as a JSON object, or say where and why it is none."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from shared.datasets.checks.findings import Place
from shared.datasets.checks.wording import bare_message, joined, named, shown
from shared.datasets.formats import DEEPEST, bare, read_object_at_once

_LEAST, _MOST = -(2**63), 2**64 - 1
_DIGITS_SHOWN = 30
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_object(line: bytes, place: Place) -> dict[str, Any] | None:
    """Return the object of a line, or None after adding what is wrong with it.

    What a decoder would swallow (a key twice, NaN, half a surrogate pair) is an error, and the object still comes back.
    """
    if (at_once := read_object_at_once(line)) is not None:
        return at_once
    text = _decoded(line, place)
    if text is None:
        return None
    value = _parsed(text.rstrip(" \t\r"), place)  # A column is the same whichever way lines end.
    if value is _FAULT:
        return None
    if (key := bare(value)) is not None:
        place.add("bare_messages", bare_message(key))
        return None
    if not isinstance(value, dict):
        place.add("not_an_object", f"a line must be a JSON object; it is {named(value)}.")
        return None
    if "\\u0000" in text or "\\ud" in text or "\\uD" in text:
        _look_at_strings(value, place)
    return value


_FAULT = object()


def _decoded(line: bytes, place: Place) -> str | None:
    if b"\x00" in line:
        place.add("nul_byte", f"byte {line.index(0)} of the line is NUL. Write the file again as UTF-8.")
        return None
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as exc:
        found = line[exc.start]
        place.add("invalid_utf8", f"byte {exc.start} of the line (0x{found:02x}) is not UTF-8. Save the file as UTF-8.")
        return None


class _Oddities:
    """What a decoder would swallow of a line, noted by the hooks of `json.loads`."""

    def __init__(self) -> None:
        self.doubles: list[str] = []
        self.no_numbers: list[str] = []
        self.rounded: list[str] = []

    def pairs(self, items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            counts = Counter(key for key, _ in items)
            self.doubles += [key for key, times in counts.items() for _ in range(times - 1)]
        return found

    def constant(self, word: str) -> float:
        self.no_numbers.append(word)
        return math.nan

    def integer(self, digits: str) -> int:
        value = int(digits)
        if not _LEAST <= value <= _MOST:
            self.rounded.append(digits)
        return value

    def real(self, digits: str) -> float:
        value = float(digits)
        return self.constant(digits) if math.isinf(value) else value

    def tell(self, place: Place) -> None:
        for text in self.no_numbers:
            place.add("invalid_number", f"{_cut(text)} is no number of JSON. Write null, or leave the key out.")
        for text in self.rounded:
            said = f"{_cut(text)} does not fit in 64 bits; other decoders round it. Write it as a string."
            place.add("number_too_large", said)
        for key in self.doubles:
            said = f'the key "{joined("", key)}" stands twice in one object. Remove one of the two.'
            place.add("duplicate_key", said)


def _parsed(text: str, place: Place) -> Any:
    odd = _Oddities()
    try:
        value = json.loads(
            text,
            object_pairs_hook=odd.pairs,
            parse_constant=odd.constant,
            parse_int=odd.integer,
            parse_float=odd.real,
        )
    except json.JSONDecodeError as exc:
        place.add("invalid_json", _why_no_json(text, exc))
    except RecursionError:
        place.add("nested_too_deep", "the line is nested too deeply to be read. Flatten it.")
    except ValueError:  # an integer beyond Python's limit of digits
        place.add("invalid_number", "an integer has more than 4,300 digits. Write it as a string.")
    else:
        if not _is_too_deep(value):
            odd.tell(place)
            if odd.no_numbers:
                place.known = frozenset(
                    path for path, item in _walk(value) if isinstance(item, float) and math.isnan(item)
                )
            return value
        place.add("nested_too_deep", f"the line is nested more than {DEEPEST} levels deep. Flatten it.")
    return _FAULT


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [one for item in level if isinstance(item, dict | list) for one in _inside(item)]
        if not level:
            return False
    return True


def _inside(item: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return item.values() if isinstance(item, dict) else item


def _why_no_json(text: str, exc: json.JSONDecodeError) -> str:
    if text.lstrip().startswith(("//", "#", "/*")):
        return "the line is a comment, and JSON has none. Remove it."
    hint = _hint(text[exc.pos : exc.pos + 6])
    if exc.pos >= len(text.rstrip()) or exc.msg.startswith("Unterminated"):
        hint = " It breaks off: make the line whole, or remove it."
    return f"column {exc.colno}: {_said(exc.msg)}; found {_near(text, exc.pos)}.{hint}"


def _hint(found: str) -> str:
    if found.startswith(("'", "True", "False", "None")):
        return " That is Python's notation: write the line with json.dumps."
    if found.startswith(("\u201c", "\u201d", "\u2018", "\u2019")):
        return " Quotes of JSON are straight: a word processor bent them."
    return " JSON has no comments." if found.startswith(("//", "/*")) else ""


def _cut(digits: str) -> str:
    return digits if len(digits) <= _DIGITS_SHOWN else f"{digits[:_DIGITS_SHOWN]}…"


def _said(message: str) -> str:
    return {
        "Expecting value": "a JSON value was expected",
        "Extra data": "the line goes on after its object; one line holds one object",
        "Expecting property name enclosed in double quotes": "a key in double quotes was expected",
        "Illegal trailing comma before end of object": "a comma stands before the closing brace",
        "Illegal trailing comma before end of array": "a comma stands before the closing bracket",
        "Expecting ',' delimiter": "a comma or a closing bracket was expected",
        "Expecting ':' delimiter": "a colon was expected",
        "Unterminated string starting at": "a string is not closed before the end of the line",
        "Invalid control character at": "a control character must be escaped inside a string",
    }.get(message, message[:1].lower() + message[1:])


def _near(text: str, position: int) -> str:
    return shown(text[position : position + 20]) if position < len(text.rstrip()) else "the end of the line"


def _look_at_strings(value: dict[str, Any], place: Place) -> None:
    """Find the strings that no UTF-8 can carry or that a NUL would cut."""
    for path, item in _walk(value):
        if isinstance(item, str):
            _look_at(item, path, place)
        elif isinstance(item, dict):
            for key in item:
                _look_at(key, path, place)


def _walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield, without recursion, all that a value holds, with the path that leads there."""
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        path, item = stack.pop()
        yield path, item
        if isinstance(item, list):
            stack += [(f"{path}[{index}]", one) for index, one in enumerate(item)]
        elif isinstance(item, dict):
            stack += [(joined(path, key), one) for key, one in item.items()]


def _look_at(text: str, path: str, place: Place) -> None:
    if half := _SURROGATE.search(text):
        place.add(
            "lone_surrogate", f"\\u{ord(half[0]):04x} is half of a surrogate pair. Write the whole character.", path
        )
    if "\x00" in text:
        place.add("nul_character", "the text has a NUL (\\u0000). Remove it.", path)
