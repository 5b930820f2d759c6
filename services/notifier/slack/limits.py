"""Text as Slack takes it: escaped, so that it can name nobody and link nowhere, and never longer than a limit"""

import re

#: webhooks-facts 4.2. Where no length is documented it is one that was seen to be taken.
HEADER = 150
SECTION = 3000
FIELD = 2000
FIELDS = 10
BUTTON = 75
URL = 3000
CONTEXT_ELEMENTS = 10
ACTIONS = 25
BLOCK_ID = 255
#: 50 blocks are allowed and about 13,200 characters in all are taken (undocumented): we stay well below both.
BLOCKS = 45
ALL_BLOCKS = 10_000
#: 40,000 are allowed; longer ones than 4,000 may be split into several messages.
TEXT = 4000

_CUT = "…"
#: Control characters, and those that turn the direction of what follows.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def length(text: str) -> int:
    """Return how long Slack may find a text: in UTF-16, which is never less than its characters."""
    return len(text) + sum(character > "\uffff" for character in text)


def plain(text: str, limit: int) -> str:
    """Return text for a `plain_text` object, in which nothing has a meaning."""
    return _clamped(list(_UNSEEN.sub("", text)), limit)


def escaped(text: str, limit: int) -> str:
    """Return text for a `mrkdwn` object or the top-level `text`, at most `limit` long with its entities.

    `<` is the only way to a mention (`<!channel>`, `<@U…>`), a link or a date, and it is gone.
    """
    return _clamped([_ENTITIES.get(character, character) for character in _UNSEEN.sub("", text)], limit)


def in_code(text: str, limit: int) -> str:
    """Return text that may stand between backticks."""
    return escaped(text.replace("`", "ˋ"), limit)


def _clamped(parts: list[str], limit: int) -> str:
    """Join the parts, whole ones only; what is too long ends in `…`."""
    whole = "".join(parts)
    if length(whole) <= limit:
        return whole
    room, kept = limit - length(_CUT), 0
    for number, part in enumerate(parts):
        kept += length(part)
        if kept > room:
            return "".join(parts[:number]).rstrip() + _CUT
    return whole
