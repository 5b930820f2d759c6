"""Text that UTF-8 and PostgreSQL can hold: all but NUL and halves of surrogate pairs, which JSON and URLs can name"""

import re
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
#: Where a value stands: its container's place, and its name in it.
_Place = tuple[Any, str] | None


def is_storable(text: str) -> bool:
    """Say whether the text can be written down."""
    return _UNSTORABLE.search(text) is None


def made_storable(text: str) -> str:
    """Return the text with U+FFFD in the place of each character that cannot be written down."""
    return _UNSTORABLE.sub("\ufffd", text)


def first_unstorable(data: Any) -> str | None:
    """Return the dotted place of a text or key in decoded JSON that cannot be written down; None when all can.

    A key is told by the place of its object, "" for the outermost.
    """
    waiting: list[tuple[_Place, Any]] = [(None, data)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str) and not is_storable(value):
            return _dotted(place)
        if isinstance(value, dict):
            if not all(map(is_storable, value)):
                return _dotted(place)
            waiting += [((place, name), inner) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [((place, str(index)), inner) for index, inner in enumerate(value)]
    return None


def _dotted(place: _Place) -> str:
    names = []
    while place is not None:
        place, name = place
        names.append(name)
    return ".".join(reversed(names))
