"""What a record says: pairs, turns, instructions, columns or preferences; each turned into one example."""

from collections.abc import Collection
from enum import StrEnum


class Shape(StrEnum):
    """How an example lies in a record."""

    CHAT = "chat"  #: `messages`, as they are to be.
    PAIRS = "pairs"  #: `prompt` and `completion`, of the legacy models.
    SHAREGPT = "sharegpt"  #: `conversations` of turns with `from` and `value`.
    ALPACA = "alpaca"  #: `instruction`, perhaps `input`, and `output`; Dolly says `context` and `response`.
    PREFERENCE = "preference"  #: A better and a worse answer: `chosen` and `rejected`.
    COLUMNS = "columns"  #: Named columns, by a mapping.


def detect(keys: Collection[str]) -> Shape | None:
    """Return the shape that a record with these keys has; None when no key tells."""
    if "messages" in keys:
        return Shape.CHAT
    if {"chosen", "rejected"} <= set(keys) or "preferred_output" in keys:
        return Shape.PREFERENCE
    if "conversations" in keys or "conversation" in keys:
        return Shape.SHAREGPT
    if "instruction" in keys and ("output" in keys or "response" in keys):
        return Shape.ALPACA
    if "prompt" in keys and "completion" in keys:
        return Shape.PAIRS
    return None
