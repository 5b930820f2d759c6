"""Read any object of a line at once, if it is written without oddities"""

from typing import Any

import msgspec

from shared.datasets.formats.declared import read_declaring
from shared.datasets.formats.keys import keys_of
from shared.datasets.formats.plain import keys_in

_decode = msgspec.json.Decoder().decode
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_object_at_once(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line; None for a line that is none or has an oddity, which only its checks can name.

    Oddities are what decoders swallow: a key twice, a NUL, half a surrogate pair, a number of more than 64 bits.
    """
    try:
        if (declaring := read_declaring(line)) is not None:
            return declaring
    except _FAULTS:
        pass
    if b"\\u0000" in line:
        return None
    try:
        value = _decode(line)
    except _FAULTS:
        return None
    return value if isinstance(value, dict) and keys_of(value) == keys_in(line) else None
