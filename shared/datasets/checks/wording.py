"""Show a value or name its type in a sentence, whatever it holds."""

import difflib
import json
from functools import lru_cache
from typing import Any

from shared.datasets.checks.secret_forms import hidden

_SHOWN = 60
#: Looked at before it is cut: half a secret is known by its beginning only.
_LOOKED_AT = 1_000
_NAMES = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


def named(value: Any) -> str:
    """Return the JSON type of a value with its article."""
    return _NAMES.get(type(value), "a number")


def shown(value: Any) -> str:
    """Return a short scalar as JSON, and of anything larger its type: a report must not repeat a dataset."""
    if isinstance(value, dict | list):
        return named(value)
    short = hidden(value[:_LOOKED_AT])[: _SHOWN + 1] if isinstance(value, str) else value
    text = clean(json.dumps(short, ensure_ascii=False))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def holds_array(value: Any) -> bool:
    """Say whether a value is an array that was written as JSON once too often."""
    try:
        return isinstance(value, str) and isinstance(json.loads(value), list)
    except (ValueError, RecursionError):
        return False


def clean(text: str) -> str:
    """Return `text` with whatever cannot be printed escaped: half surrogates, NULs, what would steer a terminal."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)


def joined(path: str, key: str) -> str:
    """Return the path of `key` under `path`."""
    short = clean(hidden(key[:_LOOKED_AT])[:_SHOWN])
    return f"{path}.{short}" if path else short


@lru_cache(maxsize=1024)
def nearest(key: str, known: tuple[str, ...]) -> str:
    """Return a hint at the known key that `key` looks like, or an empty string."""
    if len(key) > _SHOWN:
        return ""
    close = [name for name in known if len(name) > 3 and name in key] or difflib.get_close_matches(key, known, n=1)
    return f' Is "{close[0]}" meant?' if close else ""


def bare_message(key: str) -> str:
    """Return what is said of a line that holds the array alone which belongs under `key`."""
    wanted = 'a line must be an object, {"messages": […]}'
    return f'{wanted}; it is the array that belongs under "{key}". Convert the file: tuneyard convert FILE'
