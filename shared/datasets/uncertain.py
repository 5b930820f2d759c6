"""How many tokens more than counted an example may have: how tools and pictures are laid out is nowhere published."""

import json
from typing import Any

from shared.datasets.formats import Format
from shared.datasets.formats.pictures import of_part
from shared.datasets.tokens import TokenCounter


def uncertain(example: dict[str, Any], kind: Format, counter: TokenCounter) -> int:
    """Return by how much the count of an example without errors may fall short.

    Tools and calls may stand before the model as the JSON they are; a picture may be seen in its highest detail.
    """
    if kind is Format.COMPLETION:
        return 0
    if kind is Format.PREFERENCE:
        outputs = [example[key][0] for key in ("preferred_output", "non_preferred_output")]
        return counter.declared(example["input"], kind)[1] + _of_messages(
            [*example["input"]["messages"], *outputs], counter
        )
    return counter.declared(example, kind)[1] + _of_messages(example["messages"], counter)


def _of_messages(messages: list[dict[str, Any]], counter: TokenCounter) -> int:
    return sum(_of_calls(message, counter) + _of_pictures(message.get("content")) for message in messages)


def _of_calls(message: dict[str, Any], counter: TokenCounter) -> int:
    functions = [call["function"] for call in message.get("tool_calls") or ()]
    functions += [message["function_call"]] if message.get("function_call") else []
    return sum(max(0, counter.text(_json(one)) - counter.call(one)) for one in functions)


def _of_pictures(content: Any) -> int:
    if not isinstance(content, list):
        return 0
    ranges = [of_part(part) for part in content if part["type"] == "image_url"]
    return sum(most - least for least, most in ranges)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
