"""The rules of prompt/completion lines, and the shape of preference lines."""

from typing import Any

from shared.datasets.checks.chat import check_keys, check_messages
from shared.datasets.checks.findings import Place
from shared.datasets.checks.tools import check_declared
from shared.datasets.checks.wording import named


def check_pair(example: dict[str, Any], place: Place) -> None:
    """Add what is wrong with a prompt/completion line. An empty prompt is right: the model then writes unasked."""
    check_keys(example, ("prompt", "completion"), "", place)
    prompt, completion = example.get("prompt"), example.get("completion")
    if not isinstance(prompt, str):
        found = f"it is {named(prompt)}" if "prompt" in example else "it is missing"
        place.add("prompt_invalid", f'"prompt" must be a string; {found}.', "prompt")
    if not isinstance(completion, str):
        found = f"it is {named(completion)}" if "completion" in example else "it is missing"
        place.add("completion_invalid", f'"completion" must be a string; {found}.', "completion")
    elif not completion:
        place.add("completion_invalid", '"completion" must not be empty: it is what the model learns.', "completion")


def check_preference(example: dict[str, Any], place: Place) -> None:
    """Add what is wrong with the shape of a preference line: its keys, and the messages under them."""
    outputs = ("preferred_output", "non_preferred_output")
    for key in outputs:
        old = key.replace("_output", "_completion")
        if old in example:
            place.add("preference_invalid", f'"{old}" is called "{key}" by every provider. Rename it.', old)
        elif key not in example:
            place.add("preference_invalid", f'"{key}" is missing.', key)
        else:
            _check_output(example[key], key, place)
    known = ("input", *outputs, *(key.replace("_output", "_completion") for key in outputs))
    check_keys(example, known, "", place)
    asked = example.get("input")
    if not isinstance(asked, dict) or "messages" not in asked:
        place.add("preference_invalid", '"input" must be an object with "messages".', "input")
        return
    check_keys(asked, ("messages", "tools", "parallel_tool_calls"), "input", place)
    check_declared(asked, place)
    check_messages(asked["messages"], "input.messages", place)


def _check_output(output: Any, key: str, place: Place) -> None:
    messages = check_messages(output, key, place) if isinstance(output, list) and output else []
    if len(messages) != 1 or messages[0].get("role") != "assistant":
        place.add("preference_invalid", f'"{key}" must be an array with one message from "assistant".', key)
