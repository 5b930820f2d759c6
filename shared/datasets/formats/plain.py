"""Read the plainest lines of a format at once, typed and strict: nearly every line of a good file."""

import re
from typing import Annotated, Literal

import msgspec

from shared.datasets.formats.detect import Format, bare

Text = Annotated[str, msgspec.Meta(min_length=1)]


class PlainMessage(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A turn of words only."""

    role: Literal["system", "user", "assistant"]
    content: Text
    name: str | msgspec.UnsetType = msgspec.UNSET
    weight: Literal[0, 1] | msgspec.UnsetType = msgspec.UNSET


class PlainChat(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A conversation without tools or parts."""

    messages: Annotated[list[PlainMessage], msgspec.Meta(min_length=1)]


class PlainPair(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A prompt and what should follow it."""

    prompt: str
    completion: Text


_UNSET = msgspec.UNSET
#: An object within an object ends here: no plain line has one, and nearly every line that declares tools does.
_TOOLS_END = b"}}]}"
_HIDDEN = re.compile(rb'"[ \t\r]+:')
_BACKSLASHES = re.compile(rb'(\\\\+)":')
_chat = msgspec.json.Decoder(PlainChat)
_pair = msgspec.json.Decoder(PlainPair)


def read_plain(line: bytes, kind: Format | None) -> PlainChat | PlainPair | None:
    """Return a line that is plain and right in every rule; None sends it to the checks, which say why.

    A line with any oddity (tools, parts, a NUL, a key twice) is None too, be it right or wrong.
    """
    if line.endswith(_TOOLS_END):
        return None
    try:
        match kind:
            case Format.CHAT:
                chat = _chat.decode(line)
                return chat if _is_right(chat, line) else None
            case Format.COMPLETION:
                pair = _pair.decode(line)
                return pair if keys_in(line) == 2 and "\x00" not in pair.prompt + pair.completion else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None


def _is_right(chat: PlainChat, line: bytes) -> bool:
    messages = chat.messages
    # Two for each string: every key, every role and content. A key that stood twice, which decoders swallow, had more.
    quotes = line.count(b'"') - 2 - 8 * len(messages)
    asked = quoted = False
    for message in messages:
        content = message.content
        if "\x00" in content:
            return False
        if '"' in content:
            quoted = True
            quotes -= content.count('"')
        asked = asked or message.role == "user"
    if not asked or messages[-1].role != "assistant" or (quoted and b"\\u0022" in line):
        return False
    return quotes == 0 or quotes == _quotes_beside(messages)


def _quotes_beside(messages: list[PlainMessage]) -> int:
    """Return the quotes of weights and names, which few lines have; -1 if one of them is not right."""
    quotes, learned = 0, False
    for message in messages:
        if message.weight is not _UNSET:
            quotes += 2
            if message.role != "assistant":
                return -1
        learned = learned or (message.role == "assistant" and message.weight != 0)
        if message.name is not _UNSET:
            quotes += 4
            if _is_odd(message.name):
                return -1
    return quotes if learned else -1


def _is_odd(name: str) -> bool:
    return not name or "\x00" in name or '"' in name


def keys_in(line: bytes) -> int | None:
    r"""Return how many keys the line has, doubles too, which every decoder swallows; None where that takes one.

    A quote inside a string is written \", so what is left after taking those away are ends of keys; where a backslash
    stands before it, two of them are one, and end nothing. A blank before a colon would hide a key.
    """
    if _has_hidden(line):
        return None
    keys = line.count(b'":')
    if escaped := line.count(b'\\":'):
        keys -= escaped
        if b'\\\\":' in line:
            keys += sum(len(backslashes) % 2 == 0 for backslashes in _BACKSLASHES.findall(line))
    return keys


def _has_hidden(line: bytes) -> bool:
    # One byte is found five times as fast as two, and hardly a line has these two.
    is_likely = b" :" in line or (b"\t" in line and b"\t:" in line) or (b"\r" in line and b"\r:" in line)
    return is_likely and _HIDDEN.search(line) is not None


def is_json(line: bytes) -> bool:
    """Whether a line is one whole JSON value."""
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def bare_key(line: bytes) -> str | None:
    """Return the key that a line belongs under if it is an array of turns without its object; None for any other."""
    try:
        return bare(msgspec.json.decode(line)) if line.lstrip().startswith(b"[") else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
