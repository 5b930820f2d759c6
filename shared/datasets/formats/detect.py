"""Tell chat, pairs and preferences apart by the keys of an example."""

from collections.abc import Collection
from enum import StrEnum


class Format(StrEnum):
    """What one line of a dataset is. A file holds lines of one format."""

    CHAT = "chat"  #: `messages`: a conversation whose assistant turns are learned.
    COMPLETION = "completion"  #: `prompt` and `completion`, for the legacy bases.
    PREFERENCE = "preference"  #: `input` and two outputs, for direct preference optimisation.

    @property
    def called(self) -> str:
        """The format in words, for a sentence."""
        return {"chat": "chat", "completion": "prompt/completion pairs", "preference": "preference pairs"}[self.value]


#: `*_completion` are the names of OpenAI's specification of 2025; its guide and every server say `*_output`.
PREFERENCE_KEYS = ("preferred_output", "non_preferred_output", "preferred_completion", "non_preferred_completion")


def detect(keys: Collection[str]) -> Format | None:
    """Return the format that an object with these keys means to be; None when no key tells."""
    if "messages" in keys:
        return Format.CHAT
    if any(key in keys for key in PREFERENCE_KEYS):
        return Format.PREFERENCE
    if "prompt" in keys or "completion" in keys:
        return Format.COMPLETION
    return None
