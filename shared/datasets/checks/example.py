"""Send an example to the rules of its format."""

from typing import Any

from shared.datasets.checks.chat import check_chat
from shared.datasets.checks.findings import Place
from shared.datasets.checks.pairs import check_pair, check_preference
from shared.datasets.checks.wording import shown
from shared.datasets.formats.detect import Format, detect


def check_example(example: dict[str, Any], expected: Format | None, place: Place) -> Format | None:
    """Add what is wrong with one example; return its format, None when its keys do not tell.

    `expected` is the format that was named, or that of the lines before: another one is an error, and its own rules are
    left aside.
    """
    kind = detect(example)
    if kind is None:
        found = ", ".join(shown(key) for key in list(example)[:3]) or "no key"
        said = f'an example needs "messages", or "prompt" and "completion"; found {found}.'
        place.add("unknown_format", said)
    elif expected is not None and kind is not expected:
        said = f"this line is {kind.called}, and the file holds {expected.called}. Keep one format in a file."
        place.add("mixed_formats", said)
    elif kind is Format.CHAT:
        check_chat(example, place)
    elif kind is Format.COMPLETION:
        check_pair(example, place)
    else:
        check_preference(example, place)
    return kind
