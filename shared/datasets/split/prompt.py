"""What an example asks, in a form in which the same question is the same: what a split tells examples apart by."""

import re
import unicodedata
from typing import Any

from shared.datasets.checks.wording import named
from shared.datasets.formats import detect
from shared.datasets.formats.detect import Format

_BLANKS = re.compile(r"\s+")


def normalised(text: str) -> str:
    """Return the text in NFC, in lower case, with each run of blanks as one."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", text).casefold()).strip()


def prompt_and_system(example: dict[str, Any]) -> tuple[str, str]:
    """Return what is asked (all that stands before the last answer, but for the system prompts), and those prompts.

    A pair without a prompt is told by its completion. Raises ValueError for what is no example.
    """
    kind = detect(example)
    if kind is Format.COMPLETION:
        asked = _text(example.get("prompt"))
        return asked or _text(example.get("completion")), ""
    if kind is Format.PREFERENCE:
        wrapped = example.get("input")
        messages = wrapped.get("messages") if isinstance(wrapped, dict) else None
        return _of_messages(messages, whole=True)
    return _of_messages(example.get("messages"), whole=False)


def _of_messages(messages: Any, *, whole: bool) -> tuple[str, str]:
    if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
        raise ValueError(f"an example needs an array of messages; it has {named(messages)}")
    systems = [_text(one.get("content")) for one in messages if one.get("role") in ("system", "developer")]
    turns = [one for one in messages if one.get("role") not in ("system", "developer")]
    if not whole and turns and turns[-1].get("role") == "assistant":
        turns = turns[:-1] or turns
    # With the roles, so that what the user says is not taken for what the assistant says.
    asked = "\n".join(f"{one.get('role')}: {_text(one.get('content') or one.get('tool_calls'))}" for one in turns)
    return asked, "\n".join(systems)


def _text(content: Any) -> str:
    if isinstance(content, str):
        return normalised(content)
    if isinstance(content, list):
        return " ".join(_text(one) for one in content)
    if isinstance(content, dict):
        # A part of words reads as the words would by themselves.
        return " ".join(_text(value) for key, value in content.items() if key != "type")
    return "" if content is None else str(content)
