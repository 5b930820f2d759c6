"""The rules of a conversation, message by message."""

from typing import Any

from shared.datasets.checks.content import check_content, misnamed
from shared.datasets.checks.declared import check_declared
from shared.datasets.checks.findings import Place
from shared.datasets.checks.images import check_number
from shared.datasets.checks.keys import check_keys
from shared.datasets.checks.roles import CHAT_ROLES, check_role
from shared.datasets.checks.tools import Calls, check_call_id, check_calls, check_function_call
from shared.datasets.checks.turns import check_turns
from shared.datasets.checks.wording import holds_array, named, shown
from shared.datasets.formats.detect import CHAT_KEYS

_MESSAGE_KEYS = {
    "assistant": ("role", "content", "name", "weight", "refusal", "tool_calls", "function_call"),
    "tool": ("role", "content", "name", "weight", "tool_call_id"),
}
#: `weight` has a finding of its own where it does not belong.
_PLAIN_KEYS = ("role", "content", "name", "weight")


def check_chat(example: dict[str, Any], place: Place) -> None:
    """Add every rule that a chat example breaks (OpenAI's FineTuneChatRequestInput, and the cookbook's script)."""
    check_keys(example, CHAT_KEYS, "", place, "a chat example")
    check_declared(example, place)
    messages = check_messages(example["messages"], "messages", place)
    check_number(place)
    if messages:
        check_turns(example, messages, place)


def check_messages(messages: Any, path: str, place: Place, roles: tuple[str, ...] = CHAT_ROLES) -> list[dict[str, Any]]:
    """Check each message by itself; return them when each says who speaks.

    Without that no rule of the conversation as a whole is judged: one wrong role would break three of them.
    """
    if not isinstance(messages, list) or not messages:
        found = "it is empty" if isinstance(messages, list) else f"it is {named(messages)}"
        hint = " Decode it: the messages themselves stand here, not their JSON." if holds_array(messages) else ""
        place.add("messages_invalid", f'"{path}" must be an array with at least one message; {found}.{hint}', path)
        return []
    calls = Calls()
    whole = True
    for index, message in enumerate(messages):
        where = f"{path}[{index}]"
        if not isinstance(message, dict):
            place.add("message_not_an_object", f"a message must be an object; it is {named(message)}.", where)
            calls.unsure = True
            whole = False
        elif role := check_role(message, roles, where, place):
            _check_message(message, role, where, calls, place)
        else:
            calls.unsure = True
            whole = False
    return messages if whole else []


def _check_message(message: dict[str, Any], role: str, path: str, calls: Calls, place: Place) -> None:
    if _is_plain(message, role):
        return
    known = _MESSAGE_KEYS.get(role, _PLAIN_KEYS)
    # Text under another name is said once, of the content that is missing.
    if other := misnamed(message):
        known = (*known, other)
    check_keys(message, known, path, place, f'a message from "{role}"')
    _check_name(message, role, path, place)
    check_content(message, role, path, place)
    _check_weight(message, role, path, place)
    if role == "assistant":
        check_calls(message, path, calls, place)
        check_function_call(message, path, place)
    elif role == "tool":
        check_call_id(message, calls, path, place)


def _is_plain(message: dict[str, Any], role: str) -> bool:
    """Whether a message is no more than words of one who needs nothing else: then it is right, as most are."""
    content = message.get("content")
    return isinstance(content, str) and content != "" and len(message) == 2 and role not in {"tool", "function"}


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
