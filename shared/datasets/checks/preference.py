"""The rules of preference lines: one question, two answers, and which of them is better."""

from typing import Any

from shared.datasets.checks.chat import check_messages
from shared.datasets.checks.declared import check_declared
from shared.datasets.checks.findings import Place
from shared.datasets.checks.keys import check_keys
from shared.datasets.checks.turns import check_answered, check_offered

_OUTPUTS = ("preferred_output", "non_preferred_output")
_OLD = {key: key.replace("_output", "_completion") for key in _OUTPUTS}


def check_preference(example: dict[str, Any], place: Place) -> None:
    """Add what is wrong with a preference line (OpenAI, direct preference optimization guide)."""
    answers = [_check_output(example, key, place) for key in _OUTPUTS]
    check_keys(example, ("input", *_OUTPUTS, *_OLD.values()), "", place, "a preference example")
    if answers[0] is not None and answers[0] == answers[1]:
        said = "the two outputs are the same: nothing can be learned from the pair. Remove it."
        place.add("outputs_equal", said, _OUTPUTS[1])
    _check_input(example.get("input"), place)
    if place.images:
        place.add("preference_invalid", "preference examples are text only; this one has images.")


def _check_input(asked: Any, place: Place) -> None:
    if not isinstance(asked, dict) or "messages" not in asked:
        place.add("preference_invalid", '"input" must be an object with "messages".', "input")
        return
    check_keys(asked, ("messages", "tools", "parallel_tool_calls"), "input", place, '"input"')
    check_declared(asked, place, "input.")
    messages = check_messages(asked["messages"], "input.messages", place)
    if not messages:
        return
    check_answered(messages, "input.messages", place)
    check_offered(asked, messages, "input.messages", place)
    if messages[-1]["role"] == "assistant":
        said = '"input" must end before the answer; its last message comes from "assistant".'
        place.add("preference_invalid", said, f"input.messages[{len(messages) - 1}]")


def _check_output(example: dict[str, Any], key: str, place: Place) -> Any:
    """Return what the output says, to be compared; None when it is wrong, which is then said."""
    old = _OLD[key]
    if key not in example:
        if old in example:
            place.add("preference_invalid", f'"{old}" is called "{key}" by every provider. Rename it.', old)
        else:
            place.add("preference_invalid", f'"{key}" is missing.', key)
        return None
    output = example[key]
    one = output[0] if isinstance(output, list) and len(output) == 1 and isinstance(output[0], dict) else None
    if one is None or one.get("role") != "assistant":
        place.add("preference_invalid", f'"{key}" must be an array with one message from "assistant".', key)
        return None
    check_messages(output, key, place)
    return {name: value for name, value in one.items() if name not in ("role", "name", "weight")}
