"""Tell chat, pairs, preferences and reinforcement lines apart by the keys of an example."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Format(StrEnum):
    """What one line of a dataset is. A file holds lines of one format."""

    CHAT = "chat"  #: `messages`: a conversation whose assistant turns are learned.
    COMPLETION = "completion"  #: `prompt` and `completion`, for the legacy bases.
    PREFERENCE = "preference"  #: `input` and two outputs, for direct preference optimisation.
    REINFORCEMENT = "reinforcement"  #: `messages` that ask, and keys of its own that a grader reads.

    @property
    def called(self) -> str:
        """The format in words, for a sentence."""
        return _CALLED[self.value]


_CALLED = {
    "chat": "chat",
    "completion": "prompt/completion pairs",
    "preference": "preference pairs",
    "reinforcement": "reinforcement lines",
}
CHAT_KEYS = ("messages", "tools", "parallel_tool_calls", "functions")
#: `*_completion` are the names of OpenAI's specification of 2025; its guide and every server say `*_output`.
PREFERENCE_KEYS = ("preferred_output", "non_preferred_output", "preferred_completion", "non_preferred_completion")
#: Keys that stand together in the files of others, and whose files they are.
_FOREIGN = (
    ({"conversations"}, "ShareGPT"),
    ({"conversation"}, "ShareGPT"),
    ({"instruction", "output"}, "Alpaca"),
    ({"instruction", "response"}, "Alpaca"),
    ({"chosen", "rejected"}, "chosen/rejected pairs"),
)


def detect(example: Mapping[str, Any], expected: Format | None = None) -> Format | None:
    """Return the format that an example means to be; None when no key tells.

    Chat and reinforcement both have `messages`: which it is decides what is `expected`, and without that whether the
    last word is left to the model while keys of its own wait for a grader.
    """
    if "messages" in example:
        if expected is Format.CHAT or expected is Format.REINFORCEMENT:
            return expected
        return Format.REINFORCEMENT if _asks_and_is_graded(example) else Format.CHAT
    if any(key in example for key in PREFERENCE_KEYS):
        return Format.PREFERENCE
    if foreign(example) is None and ("prompt" in example or "completion" in example):
        return Format.COMPLETION
    return None


def bare(value: object) -> str | None:
    """Return the key that an array of turns without its object belongs under; None for anything else."""
    if not isinstance(value, list) or not value or not all(isinstance(turn, dict) for turn in value):
        return None
    if all("role" in turn for turn in value):
        return "messages"
    return "conversations" if all("from" in turn and "value" in turn for turn in value) else None


def foreign(example: Mapping[str, Any]) -> str | None:
    """Return whose format it is, when the keys are those of another that `tuneyard convert` reads."""
    return next((name for keys, name in _FOREIGN if keys <= example.keys()), None)


def _asks_and_is_graded(example: Mapping[str, Any]) -> bool:
    messages = example["messages"]
    last = messages[-1] if isinstance(messages, list) and messages else None
    asks = isinstance(last, dict) and last.get("role") in ("user", "developer", "tool")
    return asks and any(key not in CHAT_KEYS for key in example)
