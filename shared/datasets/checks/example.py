"""Send an example to the rules of its format."""

from typing import Any

from shared.datasets.checks.chat import check_chat
from shared.datasets.checks.findings import Place
from shared.datasets.checks.pairs import check_pair
from shared.datasets.checks.preference import check_preference
from shared.datasets.checks.reinforcement import check_reinforcement
from shared.datasets.checks.wording import shown
from shared.datasets.formats.detect import Format, detect, foreign

_RULES = {
    Format.CHAT: check_chat,
    Format.COMPLETION: check_pair,
    Format.PREFERENCE: check_preference,
    Format.REINFORCEMENT: check_reinforcement,
}


def check_example(example: dict[str, Any], expected: Format | None, place: Place) -> Format | None:
    """Add what is wrong with one example; return its format, None when its keys do not tell.

    `expected` is the format that was named, or that of the lines before: another one is an error, and its own rules are
    left aside.
    """
    kind = detect(example, expected)
    if kind is None:
        _say_unknown(example, place)
    elif expected is not None and kind is not expected:
        said = f"this line is {kind.called}, and the file is taken for {expected.called}. Keep one format in a file."
        place.add("mixed_formats", said)
    else:
        _RULES[kind](example, place)
    return kind


def _say_unknown(example: dict[str, Any], place: Place) -> None:
    if whose := foreign(example):
        to = " --to preference" if "chosen" in example else ""
        place.add(
            "foreign_format", f"the line is in the format of {whose}. Convert the file: tuneyard convert FILE{to}"
        )
        return
    lower = {key.strip().lower() for key in example}
    found = ", ".join(shown(key) for key in list(example)[:3]) or "no key"
    hint = ""
    if lower & {"messages", "prompt", "completion"}:
        hint = " Keys are written small."
    elif sum(isinstance(value, str) for value in example.values()) > 1:
        hint = " Say which is which: tuneyard convert FILE --map user=…,assistant=…"
    said = f'an example needs "messages", or "prompt" and "completion"; found {found}.{hint}'
    place.add("unknown_format", said)
