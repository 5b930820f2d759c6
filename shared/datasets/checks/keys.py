"""The rule of keys: only those of the format, and for another what was probably meant."""

from typing import Any

from shared.datasets.checks.findings import Place
from shared.datasets.checks.wording import joined, nearest, shown

_OF_A_REQUEST = "It belongs to a request, not to an example. Remove it."
_HINTS = {
    "system": 'Make it the first message: {"role": "system", "content": …}.',
    "schemaVersion": "Amazon Bedrock's format has it. Remove it.",
    "model": _OF_A_REQUEST,
    "temperature": _OF_A_REQUEST,
    "top_p": _OF_A_REQUEST,
    "max_tokens": _OF_A_REQUEST,
    "response_format": _OF_A_REQUEST,
    "tool_choice": _OF_A_REQUEST,
    "from": 'ShareGPT\'s name for "role".',
    "value": 'ShareGPT\'s name for "content".',
    "loss_weight": 'What is learned is said by "weight", 0 or 1, of the assistant\'s messages.',
    "train": 'What is learned is said by "weight", 0 or 1, of the assistant\'s messages.',
    "audio": "Audio cannot be trained on. Remove it.",
    "reasoning_content": "Reasoning cannot be trained on. Remove it.",
    "thinking": "Reasoning cannot be trained on. Remove it.",
    "tool_calls": 'Only "assistant" calls tools.',
    "function_call": 'Only "assistant" calls functions.',
    "refusal": 'Only "assistant" refuses.',
    "tool_call_id": 'Only "tool" answers a call.',
    "input_schema": 'Anthropic\'s name for "parameters".',
}


def check_keys(value: dict[str, Any], known: tuple[str, ...], path: str, place: Place, of: str = "this format") -> None:
    """Add the keys that do not belong, with the key that was probably meant."""
    for key in value:
        if key not in known:
            # To compare spellings takes time: a line of a million wrong keys gets hints for those that are listed.
            hint = _hint(key, known) if place.findings.wanted("unknown_key") else ""
            place.add("unknown_key", f"{shown(key)} is not a key of {of}.{hint}", joined(path, key))


def _hint(key: str, known: tuple[str, ...]) -> str:
    if (told := _HINTS.get(key)) is not None:
        return f" {told}"
    return nearest(key, known) or " Remove it: providers refuse what they do not know."
