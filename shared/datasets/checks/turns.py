"""The rules of a conversation as a whole: who answers whom, what is learned, which calls are met."""

from typing import Any

from shared.datasets.checks.findings import Place
from shared.datasets.checks.tools import is_function_name
from shared.datasets.checks.wording import shown
from shared.datasets.formats import Declared


def check_turns(example: dict[str, Any], messages: list[dict[str, Any]], place: Place) -> None:
    """Add what is wrong with the order of a conversation whose messages each have a role."""
    roles = [message["role"] for message in messages]
    if "assistant" not in roles:
        place.add("no_assistant", 'an example needs a message from "assistant", which is what the model learns.')
    elif roles[-1] != "assistant":
        said = f'the last message must come from "assistant"; it comes from {shown(roles[-1])}.'
        place.add("last_not_assistant", said, f"messages[{len(messages) - 1}]")
    if "assistant" in roles and all(_is_unlearned(message) for message in messages if message["role"] == "assistant"):
        place.add("all_weights_zero", "every assistant message has the weight 0: nothing is learned from this example.")
    if "assistant" in roles and "user" not in roles:
        place.add("no_user", 'no message comes from "user": the model learns to speak unasked.')
    if example.get("tools"):
        _check_pairs(roles, place)
    check_answered(messages, "messages", place)
    check_offered(example, messages, "messages", place)


def _is_unlearned(answer: dict[str, Any]) -> bool:
    weight = answer.get("weight")
    return type(weight) is int and weight == 0


def _check_pairs(roles: list[str], place: Place) -> None:
    for index in range(1, len(roles)):
        if roles[index] == roles[index - 1] == "assistant":
            said = "two assistant messages in a row, which some refuse beside tools. Make them one."
            place.add("assistant_twice", said, f"messages[{index}]")


def check_answered(messages: list[dict[str, Any]], path: str, place: Place) -> None:
    """Add each call that no tool message answers before the next turn; the last message may call and end."""
    waiting: dict[str, str] = {}
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            # An answer to no call was meant for one of these, and has a finding of its own.
            if waiting.pop(str(message.get("tool_call_id")), None) is None:
                waiting.clear()
            continue
        for call_id, where in waiting.items():
            said = f'the call {shown(call_id)} is not answered before the next turn. Add the message from "tool".'
            place.add("tool_call_unanswered", said, where)
        waiting = {}
        if "tool_calls" not in message:
            continue
        waiting = {
            call["id"]: f"{path}[{index}].tool_calls[{number}]"
            for number, call in enumerate(_calls(message))
            if isinstance(call.get("id"), str)
        }


def check_offered(example: dict[str, Any], messages: list[dict[str, Any]], path: str, place: Place) -> None:
    """Add each call of a tool that the example does not declare."""
    offered = _offered(example.get("tools") or [])
    if None in offered:
        return  # One that cannot be read has a finding of its own, and may be the one that is called.
    for index, message in enumerate(messages):
        if "tool_calls" not in message:
            continue
        for number, call in enumerate(_calls(message)):
            name = _name(call)
            if is_function_name(name) and name not in offered:
                known = f"not among the {len(offered)} that the example declares" if offered else "and none is declared"
                said = f'{shown(name)} is called, {known}. Add it to "tools".'
                place.add("tool_not_declared", said, f"{path}[{index}].tool_calls[{number}]")


def _offered(tools: Any) -> set[str | None]:
    if not isinstance(tools, list):
        return {None}
    if not isinstance(tools, Declared):
        return {_name(tool) for tool in tools}
    if tools.names is None:
        tools.names = {_name(tool) for tool in tools}
    return tools.names


def _calls(message: dict[str, Any]) -> list[dict[str, Any]]:
    calls = message.get("tool_calls")
    return [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []


def _name(holder: Any) -> str | None:
    function = holder.get("function") if isinstance(holder, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    return name if isinstance(name, str) else None
