"""Read a line as a JSON object, or say where and why it is none."""

import json
import re
from typing import Any

from shared.datasets.checks.findings import Place
from shared.datasets.checks.wording import joined, named, shown

_SURROGATE = re.compile("[\ud800-\udfff]")


def read_object(line: bytes, place: Place) -> dict[str, Any] | None:
    """Return the object of a line, or None after adding what is wrong with it.

    What a decoder would swallow (a key twice, NaN, half a surrogate pair) is an error, and the object still comes back.
    """
    text = _decoded(line, place)
    if text is None:
        return None
    value = _parsed(text, place)
    if value is _FAULT:
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


def _parsed(text: str, place: Place) -> Any:
    doubles: list[str] = []
    constants: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            seen: set[str] = set()
            doubles.extend(key for key, _ in items if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return found

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=constants.append)
    except json.JSONDecodeError as exc:
        place.add("invalid_json", f"column {exc.colno}: {_said(exc.msg)}; found {_near(text, exc.pos)}.")
        return _FAULT
    except RecursionError:
        place.add("nested_too_deep", "the line is nested too deeply to be read. Flatten it.")
        return _FAULT
    except ValueError:  # an integer beyond Python's limit of digits
        place.add("invalid_number", "an integer has more than 4,300 digits. Write it as a string.")
        return _FAULT
    for constant in constants:
        place.add("invalid_number", f"{constant} is not a JSON number. Write null, or leave the key out.")
    for key in doubles:
        place.add("duplicate_key", f'the key "{joined("", key)}" stands twice in one object. Remove one of the two.')
    return value


def _said(message: str) -> str:
    return {
        "Expecting value": "a JSON value was expected",
        "Extra data": "the line goes on after its object; one line holds one object",
        "Expecting property name enclosed in double quotes": "a key in double quotes was expected",
        "Illegal trailing comma before end of object": "a comma stands before the closing brace",
        "Illegal trailing comma before end of array": "a comma stands before the closing bracket",
        "Expecting ',' delimiter": "a comma or the end was expected",
        "Expecting ':' delimiter": "a colon was expected",
        "Unterminated string starting at": "a string is not closed before the end of the line",
        "Invalid control character at": "a control character must be escaped inside a string",
    }.get(message, message[:1].lower() + message[1:])


def _near(text: str, position: int) -> str:
    return shown(text[position : position + 20]) if position < len(text.rstrip()) else "the end of the line"


def _look_at_strings(value: dict[str, Any], place: Place) -> None:
    """Find, without recursion, the strings that no UTF-8 can carry or that a NUL would cut."""
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        path, item = stack.pop()
        if isinstance(item, str):
            _look_at(item, path, place)
        elif isinstance(item, list):
            stack += [(f"{path}[{index}]", one) for index, one in enumerate(item)]
        elif isinstance(item, dict):
            for key, one in item.items():
                stack.append((joined(path, key), one))
                _look_at(key, path, place)


def _look_at(text: str, path: str, place: Place) -> None:
    if half := _SURROGATE.search(text):
        place.add(
            "lone_surrogate", f"\\u{ord(half[0]):04x} is half of a surrogate pair. Write the whole character.", path
        )
    if "\x00" in text:
        place.add("nul_character", "the text has a NUL (\\u0000). Remove it.", path)
