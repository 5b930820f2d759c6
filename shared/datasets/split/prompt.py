"""What an example asks, in a form in which the same question is the same: what a split tells examples apart by."""

from typing import Any

import msgspec

from shared.datasets.formats import PlainChat, PlainPair, detect, read_plain
from shared.datasets.formats.detect import Format
from shared.datasets.quality.sameness import normalised
from shared.datasets.quality.talk import SYSTEM, Talk, see


def read_talk(line: bytes) -> Talk:
    """Return what an example says; raise ValueError for what is none, RecursionError for what is nested without end."""
    example, kind = _read(line)
    talk = None if kind is None else see(example, kind)
    if talk is None:
        raise ValueError('nothing in it is learned; an example has "messages" with an answer, or a "completion"')
    return talk


def prompt_and_system(talk: Talk) -> tuple[str, str]:
    """Return what is asked (all that stands before the answer, but for the system prompts), and those prompts.

    What is written unasked is told by itself.
    """
    # With who says it, so that what the user says is not taken for what the assistant says.
    before = [(mark, normalised(text)) for mark, text in zip(talk.marks[: talk.last], talk.texts, strict=False)]
    asked = "\n".join(f"{mark} {text}" for mark, text in before if text and mark != SYSTEM)
    return asked or normalised(talk.answer), normalised(talk.system)


def _read(line: bytes) -> tuple[PlainChat | PlainPair | dict[str, Any], Format | None]:
    for kind in (Format.CHAT, Format.COMPLETION):
        if (plain := read_plain(line, kind)) is not None:
            return plain, kind
    example = msgspec.json.decode(line, type=dict[str, Any])
    return example, detect(example)
