"""The rules of tools: what is called, and what answers a call."""

import json
import re
from typing import Any

import msgspec

from shared.datasets.checks.findings import Place
from shared.datasets.checks.wording import named, shown

#: Five times as fast as `json.loads`, and stricter: what it does not take is read again.
_decode = msgspec.json.Decoder().decode
_FAULTS = (msgspec.DecodeError, UnicodeEncodeError, RecursionError)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


class Calls:
    """The calls of an example so far. Unsure once one could not be read: then nobody knows what a tool may answer."""

    __slots__ = ("ids", "unsure")

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.unsure = False


def check_calls(message: dict[str, Any], path: str, calls: Calls, place: Place) -> None:
    """Check `tool_calls` of an assistant message, and note the ids that a tool may answer."""
    found = message.get("tool_calls")
    if found is None:
        return
    path = f"{path}.tool_calls"
    if not isinstance(found, list) or not found:
        what = "empty" if isinstance(found, list) else named(found)
        place.add("tool_calls_invalid", f'"tool_calls" must be an array with at least one call; it is {what}.', path)
        calls.unsure = True
        return
    estimated(place, path)
    for index, call in enumerate(found):
        _check_call(call, f"{path}[{index}]", calls, place)


def _check_call(call: Any, path: str, calls: Calls, place: Place) -> None:
    if not isinstance(call, dict):
        place.add("tool_calls_invalid", f"a call must be an object; it is {named(call)}.", path)
        calls.unsure = True
        return
    if isinstance(call.get("id"), str) and call["id"]:
        calls.ids.add(call["id"])
    else:
        place.add("tool_calls_invalid", f'a call needs an "id"; it is {shown(call.get("id"))}.', f"{path}.id")
        calls.unsure = True
    if "function" not in call and "name" in call:
        said = 'a call has "name" and "arguments" under "function"; here they stand beside it. Wrap them.'
        place.add("tool_calls_invalid", said, path)
        return
    if call.get("type") != "function":
        said = f'the "type" of a call must be "function"; it is {shown(call.get("type"))}.'
        place.add("tool_calls_invalid", said, f"{path}.type")
    _check_called(call.get("function"), f"{path}.function", "tool_calls_invalid", place)


def check_function_call(message: dict[str, Any], path: str, place: Place) -> None:
    """Check the legacy `function_call` of an assistant message."""
    call = message.get("function_call")
    if call is not None:
        place.add("functions_legacy", '"function_call" is deprecated. Use "tool_calls".', path)
        estimated(place, path)
        _check_called(call, f"{path}.function_call", "functions_invalid", place)


def _check_called(function: Any, path: str, code: str, place: Place) -> None:
    if not isinstance(function, dict):
        place.add(code, f'a call needs "function" with "name" and "arguments"; it is {named(function)}.', path)
        return
    check_function_name(function.get("name"), f"{path}.name", place)
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        said = _wrong_text(arguments)
    else:
        once = " Encode it once: json.dumps(arguments)." if isinstance(arguments, dict) else ""
        said = f'"arguments" must be a string that holds JSON; it is {named(arguments)}.{once}'
    if said is not None:
        place.add("arguments_invalid", said, f"{path}.arguments")


def _wrong_text(arguments: str) -> str | None:
    if _is_object(arguments):
        return None
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return f'"arguments" must hold a JSON object; it holds no JSON: {shown(arguments)}.'
    if isinstance(value, str) and _holds_object(value):
        return '"arguments" is encoded twice: it holds a string that holds the object. Encode it once.'
    return None if isinstance(value, dict) else f'"arguments" must hold a JSON object; it holds {named(value)}.'


def _is_object(text: str) -> bool:
    """Whether a text surely holds a JSON object."""
    try:
        return isinstance(_decode(text), dict)
    except _FAULTS:
        return False


def _holds_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def is_function_name(name: Any) -> bool:
    """Whether a function may be called so."""
    return isinstance(name, str) and _NAME.match(name) is not None


def check_function_name(name: Any, path: str, place: Place) -> None:
    """Check the name of a function, where it is declared and where it is called."""
    if not is_function_name(name):
        said = f"a function's name must be 1 to 64 letters, digits, underscores or dashes; it is {shown(name)}."
        place.add("function_name_invalid", said, path)


def check_call_id(message: dict[str, Any], calls: Calls, path: str, place: Place) -> None:
    """Check that a tool message answers a call that stands before it."""
    call_id = message.get("tool_call_id")
    path = f"{path}.tool_call_id"
    if not isinstance(call_id, str) or not call_id:
        said = f'a message from "tool" needs the "tool_call_id" that it answers; it is {shown(call_id)}.'
        place.add("tool_call_id_invalid", said, path)
    elif call_id not in calls.ids and not calls.unsure:
        place.add("tool_call_id_invalid", f"no call before this message has the id {shown(call_id)}.", path)


def estimated(place: Place, path: str) -> None:
    """Say that the tokens here are no exact count."""
    place.add("tokens_estimated", "tools and calls are laid out in no published way; their tokens are estimated.", path)
