"""The rules of a conversation, message by message and as a whole."""

from typing import Any

from shared.datasets.checks.content import check_content
from shared.datasets.checks.findings import Place
from shared.datasets.checks.tools import check_call_id, check_calls, check_declared, check_function_call
from shared.datasets.checks.wording import joined, named, nearest, shown

KEYS = ("messages", "tools", "parallel_tool_calls", "functions")
ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_MESSAGE_KEYS = {
    "assistant": ("role", "content", "name", "weight", "refusal", "tool_calls", "function_call"),
    "tool": ("role", "content", "name", "weight", "tool_call_id"),
}
#: `weight` has a finding of its own where it does not belong.
_PLAIN_KEYS = ("role", "content", "name", "weight")


def check_chat(example: dict[str, Any], place: Place) -> None:
    """Add every rule that a chat example breaks (OpenAI's FineTuneChatRequestInput, and the cookbook's script)."""
    check_keys(example, KEYS, "", place)
    check_declared(example, place)
    messages = check_messages(example["messages"], "messages", place)
    if messages:
        _check_turns(messages, place)


def check_keys(value: dict[str, Any], known: tuple[str, ...], path: str, place: Place) -> None:
    """Add the keys that do not belong, with the key that was probably meant."""
    for key in value:
        if key not in known:
            # To compare spellings takes time: a line of a million wrong keys gets hints for those that are listed.
            hint = nearest(key, known) if place.findings.wanted("unknown_key") else ""
            place.add("unknown_key", f"{shown(key)} is not a key of this format.{hint}", joined(path, key))


def check_messages(messages: Any, path: str, place: Place) -> list[dict[str, Any]]:
    """Check each message by itself; return those that are objects, in their order."""
    if not isinstance(messages, list) or not messages:
        found = "it is empty" if isinstance(messages, list) else f"it is {named(messages)}"
        place.add("messages_invalid", f'"{path}" must be an array with at least one message; {found}.', path)
        return []
    called: set[str] = set()
    for index, message in enumerate(messages):
        where = f"{path}[{index}]"
        if isinstance(message, dict):
            _check_message(message, where, called, place)
        else:
            place.add("message_not_an_object", f"a message must be an object; it is {named(message)}.", where)
    return [message for message in messages if isinstance(message, dict)]


def _check_message(message: dict[str, Any], path: str, called: set[str], place: Place) -> None:
    role = message.get("role")
    if "role" not in message:
        place.add("role_missing", 'a message must have a "role"; this one has none.', path)
    elif role not in ROLES:
        expected = ", ".join(f'"{name}"' for name in ROLES)
        place.add("role_unknown", f"a role must be one of {expected}; it is {shown(role)}.", f"{path}.role")
    if not isinstance(role, str) or role not in ROLES:
        return
    if role == "developer":
        place.add("developer_role", 'the role "developer" is documented for reinforcement only. Write "system".', path)
    check_keys(message, _MESSAGE_KEYS.get(role, _PLAIN_KEYS), path, place)
    _check_name(message, role, path, place)
    check_content(message, role, path, place)
    _check_weight(message, role, path, place)
    if role == "assistant":
        called |= check_calls(message, path, place)
        check_function_call(message, path, place)
    elif role == "tool":
        check_call_id(message, called, path, place)
    elif role == "function":
        place.add("functions_legacy", 'the role "function" is deprecated. Use "tool_calls" and the role "tool".', path)


def _check_name(message: dict[str, Any], role: str, path: str, place: Place) -> None:
    name = message.get("name")
    if role == "function" and not (isinstance(name, str) and name):
        place.add("name_invalid", f'a function message needs a "name"; it is {shown(name)}.', f"{path}.name")
    elif name is not None and not isinstance(name, str):
        place.add("name_invalid", f'"name" must be a string; it is {shown(name)}.', f"{path}.name")


def _check_weight(message: dict[str, Any], role: str, path: str, place: Place) -> None:
    if "weight" not in message:
        return
    weight = message["weight"]
    if role != "assistant":
        said = f'only an "assistant" message may have a "weight"; this one comes from "{role}".'
        place.add("weight_not_on_assistant", said, f"{path}.weight")
    elif type(weight) is not int or weight not in (0, 1):
        place.add("weight_invalid", f'"weight" must be 0 or 1; it is {shown(weight)}.', f"{path}.weight")


def _check_turns(messages: list[dict[str, Any]], place: Place) -> None:
    roles = [message.get("role") for message in messages]
    answers = [message for message in messages if message.get("role") == "assistant"]
    if not answers:
        place.add("no_assistant", 'an example needs a message from "assistant", which is what the model learns.')
    elif roles[-1] != "assistant" and roles[-1] in ROLES:
        said = f'the last message must come from "assistant"; it comes from {shown(roles[-1])}.'
        place.add("last_not_assistant", said, f"messages[{len(messages) - 1}]")
    if answers and all(type(answer.get("weight")) is int and answer["weight"] == 0 for answer in answers):
        place.add("all_weights_zero", "every assistant message has the weight 0: nothing is learned from this example.")
