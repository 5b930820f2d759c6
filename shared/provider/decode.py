"""Read a provider's JSON so that whatever it holds can be written down: no NUL, no half characters, no infinities."""

import json
import math
from typing import Any

from shared.log import mask
from shared.wire.storable import made_storable

#: The range of a bigint; a number beyond it counts no tokens and names no second.
_MOST = 2**63 - 1
#: Seconds since 1970 at the end of the year 9999: what is later is in another unit.
_LAST_SECOND = 253_402_300_799


def decode(raw: bytes, secret: str | None = None) -> Any:
    """Return the value of a JSON text; raise ValueError when it is none, or too deep.

    NaN and infinities become None: JSONB has none, and a diverging training reports them. Where the secret stands in a
    text, three dots are put: servers echo the key that they were called with.
    """
    try:
        return _clean(json.loads(raw, parse_constant=lambda _: None), secret)
    except RecursionError as exc:
        raise ValueError("The JSON is nested too deeply.") from exc


def whole(value: Any) -> int | None:
    """Return a number, or a text that is one, as an integer that a bigint holds; None for anything else."""
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if abs(found) <= _MOST and not isinstance(value, bool) else None


def number(value: Any) -> float | None:
    """Return a number as a double; None for anything else, and for an integer beyond a double's range."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def second(value: Any) -> int | None:
    """Return Unix seconds; milliseconds are turned into them. None for what is no instant."""
    seconds = whole(value)
    if seconds is not None and seconds > _LAST_SECOND:
        seconds //= 1000
    return seconds if seconds is not None and 0 <= seconds <= _LAST_SECOND else None


def words(value: Any, most: int) -> str | None:
    """Return a text of at most so many characters, cut with a mark; None for what is none."""
    text = _text(value)
    return text if text is None or len(text) <= most else text[: most - 1] + "…"


def said(value: Any, most: int) -> str | None:
    """Return `words` for people to read: what looks like a secret is masked, before a cut could hide what it is."""
    text = _text(value)
    return None if text is None else words(mask(text), most)


def table(value: Any) -> dict[str, Any]:
    """Return an object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) or value is None else json.dumps(value, ensure_ascii=False)


def _clean(value: Any, secret: str | None) -> Any:
    match value:
        case str():
            return made_storable(value.replace(secret, "…") if secret else value)
        case dict():
            return {_clean(name, secret): _clean(inner, secret) for name, inner in value.items()}
        case list():
            return [_clean(inner, secret) for inner in value]
        case float() if not math.isfinite(value):
            return None
    return value
