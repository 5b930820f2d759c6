"""Read any object of a line at once, if it is written without oddities"""

from typing import Any

import msgspec

from shared.datasets.formats.plain import keys_in

#: JSON sets no limit; every decoder has one, and ours must not depend on how deep its caller stands.
DEEPEST = 200
_LEAST, _MOST = -(2**63), 2**64 - 1
_decode = msgspec.json.Decoder().decode


def read_object_at_once(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line; None for a line that is none or has an oddity, which only its checks can name.

    Oddities are what decoders swallow: a key twice, a NUL, half a surrogate pair, a number of more than 64 bits.
    """
    if b"\\u0000" in line:
        return None
    try:
        value = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) and keys_of(value) == keys_in(line) else None


def keys_of(value: Any) -> int:
    """Return how many keys there are in a value and below; -1 when it is nested too deep or a number is too large."""
    keys = 0
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for item in level:
            if type(item) is dict:
                keys += len(item)
                item = item.values()  # noqa: PLW2901
            for one in item:
                kind = type(one)
                if kind is dict or kind is list:
                    below.append(one)
                elif kind is int and not _LEAST <= one <= _MOST:
                    return -1
        if not below:
            return keys
        level = below
    return -1
