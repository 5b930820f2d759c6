"""Read the tools of a line once for all the lines that declare the same: nearly every line of a file does"""

from typing import Any

import msgspec

from shared.datasets.formats.keys import DEEPEST, keys_of
from shared.datasets.formats.plain import keys_in

_KEPT, _KEPT_BYTES = 64, 64 * 1024
_kept: dict[bytes, "Declared | None"] = {}
_decode = msgspec.json.Decoder().decode
_TOOLS, _NUL = b'"tools":', b"\\u0000"


class Declared(list[Any]):
    """The array under `tools`. What was found out about it is kept with it, since it comes again: nobody changes it."""

    __slots__ = ("is_plain", "is_right", "keys", "names", "tokens")

    def __init__(self, tools: list[Any], keys: int) -> None:
        super().__init__(tools)
        self.keys = keys  #: How many there are in it and below.
        self.is_plain = False  #: It was written without oddities: no key stands twice in it.
        self.is_right = False  #: No rule is broken by it, as far as is known.
        self.names: set[str | None] | None = None  #: What may be called, once somebody has asked.
        self.tokens: dict[str, tuple[int, int]] = {}  #: By encoding.


class _Declaring(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    messages: Any
    tools: msgspec.Raw
    parallel_tool_calls: Any = msgspec.UNSET


_decode_declaring = msgspec.json.Decoder(_Declaring).decode


def read_declaring(line: bytes) -> dict[str, Any] | None:
    """Return an example that declares tools; None for any other, and for one with an oddity.

    Raises what decoders raise.
    """
    at = line.rfind(_TOOLS) + len(_TOOLS)
    if at < len(_TOOLS):
        return None
    at += line[at : at + 1] == b" "
    tools = _kept.get(line[at:-1])
    if tools is not None and tools.is_plain and line.endswith(b"}"):
        # They stand at the end, and all is known of them: the line is read as if it declared none.
        shorter = line[:at] + b"[]}"
        return _example(_decode_declaring(shorter), shorter, tools, 0)
    found = _decode_declaring(line)
    raw = bytes(found.tools)
    tools = _kept[raw] if raw in _kept else _keep(raw)
    return None if tools is None else _example(found, line, tools, tools.keys)


def _example(found: _Declaring, text: bytes, tools: Declared, below: int) -> dict[str, Any] | None:
    """Return the example that was found in a text, in which so many keys stand below the tools."""
    keys = keys_of(found.messages, DEEPEST - 1)
    if keys < 0 or _NUL in text:
        return None
    example: dict[str, Any] = {"messages": found.messages, "tools": tools}
    if found.parallel_tool_calls is not msgspec.UNSET:
        if not isinstance(found.parallel_tool_calls, bool):
            return None
        example["parallel_tool_calls"] = found.parallel_tool_calls
    return example if keys_in(text) == len(example) + keys + below else None


def _keep(raw: bytes) -> Declared | None:
    value = _decode(raw)
    keys = keys_of(value, DEEPEST - 1) if isinstance(value, list) else -1
    tools = Declared(value, keys) if keys >= 0 else None
    if tools is not None:
        tools.is_plain = keys_in(raw) == keys and _NUL not in raw
    if len(_kept) < _KEPT and len(raw) <= _KEPT_BYTES:
        _kept[raw] = tools
    return tools
