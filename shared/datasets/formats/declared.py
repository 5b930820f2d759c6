"""Read the tools of a line once for all the lines that declare the same: nearly every line of a file does"""

from typing import Any

import msgspec

from shared.datasets.formats.keys import DEEPEST, keys_of

_KEPT, _KEPT_BYTES = 64, 64 * 1024
_kept: dict[bytes, "Declared | None"] = {}
_decode = msgspec.json.Decoder().decode


class Declared(list[Any]):
    """The array under `tools`. What was found out about it is kept with it, since it comes again: nobody changes it."""

    __slots__ = ("is_right", "keys", "tokens")

    def __init__(self, tools: list[Any], keys: int) -> None:
        super().__init__(tools)
        self.keys = keys  #: How many there are in it and below.
        self.is_right = False  #: No rule is broken by it, as far as is known.
        self.tokens: dict[str, tuple[int, int]] = {}  #: By encoding.


class _Declaring(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    messages: Any
    tools: msgspec.Raw
    parallel_tool_calls: Any = msgspec.UNSET


_decode_declaring = msgspec.json.Decoder(_Declaring).decode


def read_declaring(line: bytes) -> tuple[dict[str, Any], int] | None:
    """Return an example that declares tools, and how many keys it has; None for any other, and for odd ones.

    Raises what decoders raise.
    """
    if b'"tools":' not in line:
        return None
    found = _decode_declaring(line)
    raw = bytes(found.tools)
    tools = _kept[raw] if raw in _kept else _keep(raw)
    keys = keys_of(found.messages, DEEPEST - 1)
    if tools is None or keys < 0:
        return None
    example: dict[str, Any] = {"messages": found.messages, "tools": tools}
    if found.parallel_tool_calls is not msgspec.UNSET:
        if not isinstance(found.parallel_tool_calls, bool):
            return None
        example["parallel_tool_calls"] = found.parallel_tool_calls
    return example, len(example) + keys + tools.keys


def _keep(raw: bytes) -> Declared | None:
    value = _decode(raw)
    keys = keys_of(value, DEEPEST - 1) if isinstance(value, list) else -1
    tools = Declared(value, keys) if keys >= 0 else None
    if len(_kept) < _KEPT and len(raw) <= _KEPT_BYTES:
        _kept[raw] = tools
    return tools
