"""The rules of tools: what is declared, what is called, what is answered."""

import json
import re
from typing import Any

from shared.datasets.checks.findings import Place
from shared.datasets.checks.wording import named, shown

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_FUNCTIONS_AT_MOST = 128


def check_declared(example: dict[str, Any], place: Place) -> None:
    """Check `tools`, `functions` and `parallel_tool_calls` of an example."""
    tools = example.get("tools")
    if tools is not None:
        if not isinstance(tools, list):
            hint = " Decode it: the tools themselves stand here, not their JSON." if isinstance(tools, str) else ""
            place.add("tools_invalid", f'"tools" must be an array; it is {named(tools)}.{hint}', "tools")
        elif tools:
            _estimated(place, "tools")
            for index, tool in enumerate(tools):
                _check_tool(tool, f"tools[{index}]", place)
    parallel = example.get("parallel_tool_calls", True)
    if not isinstance(parallel, bool):
        said = f'"parallel_tool_calls" must be true or false; it is {shown(parallel)}.'
        place.add("parallel_tool_calls_invalid", said, "parallel_tool_calls")
    if example.get("functions") is not None:
        _check_functions(example["functions"], place)


def _check_tool(tool: Any, path: str, place: Place) -> None:
    if not isinstance(tool, dict) or tool.get("type") != "function" or not isinstance(tool.get("function"), dict):
        said = f'a tool must be {{"type": "function", "function": {{…}}}}; it is {shown(tool)}'
        kind = f' with "type" {shown(tool.get("type"))}' if isinstance(tool, dict) else ""
        place.add("tools_invalid", f"{said}{kind}.", path)
        return
    _check_function(tool["function"], f"{path}.function", "tools_invalid", place)


def _check_functions(functions: Any, place: Place) -> None:
    place.add("functions_legacy", '"functions" is deprecated. Use "tools".', "functions")
    if not isinstance(functions, list) or not 1 <= len(functions) <= _FUNCTIONS_AT_MOST:
        found = f"an array of {len(functions)}" if isinstance(functions, list) else named(functions)
        said = f'"functions" must be an array of 1 to {_FUNCTIONS_AT_MOST} functions; it is {found}.'
        place.add("functions_invalid", said, "functions")
        return
    _estimated(place, "functions")
    for index, function in enumerate(functions):
        if isinstance(function, dict):
            _check_function(function, f"functions[{index}]", "functions_invalid", place)
        else:
            said = f"a function must be an object; it is {named(function)}."
            place.add("functions_invalid", said, f"functions[{index}]")


def _check_function(function: dict[str, Any], path: str, code: str, place: Place) -> None:
    _check_name(function.get("name"), f"{path}.name", place)
    wanted = (("description", str, "a string"), ("parameters", dict, "an object"), ("strict", bool, "true or false"))
    for key, kind, called in wanted:
        value = function.get(key)
        if value is not None and not isinstance(value, kind):
            place.add(code, f'"{key}" must be {called}; it is {named(value)}.', f"{path}.{key}")


def check_calls(message: dict[str, Any], path: str, place: Place) -> set[str]:
    """Check `tool_calls` of an assistant message; return the ids that a tool may answer."""
    calls = message.get("tool_calls")
    if calls is None:
        return set()
    path = f"{path}.tool_calls"
    if not isinstance(calls, list) or not calls:
        found = "empty" if isinstance(calls, list) else named(calls)
        place.add("tool_calls_invalid", f'"tool_calls" must be an array with at least one call; it is {found}.', path)
        return set()
    _estimated(place, path)
    ids = set()
    for index, call in enumerate(calls):
        where = f"{path}[{index}]"
        if not isinstance(call, dict):
            place.add("tool_calls_invalid", f"a call must be an object; it is {named(call)}.", where)
            continue
        if isinstance(call.get("id"), str) and call["id"]:
            ids.add(call["id"])
        else:
            place.add("tool_calls_invalid", f'a call needs an "id"; it is {shown(call.get("id"))}.', f"{where}.id")
        if call.get("type") != "function":
            said = f'the "type" of a call must be "function"; it is {shown(call.get("type"))}.'
            place.add("tool_calls_invalid", said, f"{where}.type")
        _check_called(call.get("function"), f"{where}.function", "tool_calls_invalid", place)
    return ids


def check_function_call(message: dict[str, Any], path: str, place: Place) -> None:
    """Check the legacy `function_call` of an assistant message."""
    call = message.get("function_call")
    if call is not None:
        place.add("functions_legacy", '"function_call" is deprecated. Use "tool_calls".', path)
        _estimated(place, path)
        _check_called(call, f"{path}.function_call", "functions_invalid", place)


def _check_called(function: Any, path: str, code: str, place: Place) -> None:
    if not isinstance(function, dict):
        place.add(code, f'a call needs "function" with "name" and "arguments"; it is {named(function)}.', path)
        return
    _check_name(function.get("name"), f"{path}.name", place)
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        said = f'"arguments" must be a string that holds JSON; it is {named(arguments)}. Encode it once.'
        place.add("arguments_invalid", said, f"{path}.arguments")
    elif (found := _not_an_object(arguments)) is not None:
        place.add("arguments_invalid", f'"arguments" must hold a JSON object; it holds {found}.', f"{path}.arguments")


def _not_an_object(arguments: str) -> str | None:
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return f"no JSON: {shown(arguments)}"
    return None if isinstance(value, dict) else named(value)


def _check_name(name: Any, path: str, place: Place) -> None:
    if not isinstance(name, str) or not _NAME.match(name):
        said = f"a function's name must be 1 to 64 letters, digits, underscores or dashes; it is {shown(name)}."
        place.add("function_name_invalid", said, path)


def check_call_id(message: dict[str, Any], called: set[str], path: str, place: Place) -> None:
    """Check that a tool message answers a call that stands before it."""
    call_id = message.get("tool_call_id")
    path = f"{path}.tool_call_id"
    if not isinstance(call_id, str) or not call_id:
        said = f'a message from "tool" needs the "tool_call_id" that it answers; it is {shown(call_id)}.'
        place.add("tool_call_id_invalid", said, path)
    elif call_id not in called:
        place.add("tool_call_id_invalid", f"no call before this message has the id {shown(call_id)}.", path)


def _estimated(place: Place, path: str) -> None:
    place.add("tokens_estimated", "tools and calls are laid out in no published way; their tokens are estimated.", path)
