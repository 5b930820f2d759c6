"""The rules of what an example declares: tools, and the functions of before."""

from typing import Any

from shared.datasets.checks.findings import Place
from shared.datasets.checks.keys import check_keys
from shared.datasets.checks.tools import check_function_name, estimated
from shared.datasets.checks.wording import holds_array, named, shown
from shared.datasets.formats import Declared

_AT_MOST = 128  #: OpenAI API, both for `tools` and for `functions`.
_FUNCTION_KEYS = ("name", "description", "parameters", "strict")


def check_declared(example: dict[str, Any], place: Place, path: str = "") -> None:
    """Check `tools`, `functions` and `parallel_tool_calls` of an example."""
    _check_tools(example.get("tools"), f"{path}tools", place)
    parallel = example.get("parallel_tool_calls", True)
    if not isinstance(parallel, bool):
        said = f'"parallel_tool_calls" must be true or false; it is {shown(parallel)}.'
        place.add("parallel_tool_calls_invalid", said, f"{path}parallel_tool_calls")
    if example.get("functions") is not None:
        _check_functions(example["functions"], place)


def _check_tools(tools: Any, path: str, place: Place) -> None:
    if not tools and (tools is None or isinstance(tools, list)):
        return
    if not isinstance(tools, list):
        hint = " Decode it: the tools themselves stand here, not their JSON." if holds_array(tools) else ""
        place.add("tools_invalid", f'"tools" must be an array; it is {named(tools)}.{hint}', path)
        return
    if isinstance(tools, Declared) and tools.is_right:
        estimated(place, path)
        return
    before = place.added
    if len(tools) > _AT_MOST:
        place.add("tools_invalid", f"at most {_AT_MOST} tools are taken; found {len(tools)}.", path)
    for index, tool in enumerate(tools):
        _check_tool(tool, f"{path}[{index}]", place)
    if isinstance(tools, Declared):
        tools.is_right = place.added == before
    estimated(place, path)


def _check_tool(tool: Any, path: str, place: Place) -> None:
    shape = '{"type": "function", "function": {…}}'
    if not isinstance(tool, dict):
        place.add("tools_invalid", f"a tool must be {shape}; it is {named(tool)}.", path)
    elif "function" not in tool and "name" in tool:
        place.add("tools_invalid", f"a tool must be {shape}; here the function stands bare. Wrap it.", path)
    elif tool.get("type") != "function" or not isinstance(tool.get("function"), dict):
        found = f'"type" is {shown(tool.get("type"))} and "function" is {named(tool.get("function"))}'
        wrong = "function" if tool.get("type") == "function" else "type"
        place.add("tools_invalid", f"a tool must be {shape}; {found}.", f"{path}.{wrong}" if wrong in tool else path)
    else:
        _check_function(tool["function"], f"{path}.function", "tools_invalid", place)


def _check_functions(functions: Any, place: Place) -> None:
    place.add("functions_legacy", '"functions" is deprecated. Use "tools".', "functions")
    if not isinstance(functions, list) or not 1 <= len(functions) <= _AT_MOST:
        found = f"an array of {len(functions)}" if isinstance(functions, list) else named(functions)
        said = f'"functions" must be an array of 1 to {_AT_MOST} functions; it is {found}.'
        place.add("functions_invalid", said, "functions")
        return
    estimated(place, "functions")
    for index, function in enumerate(functions):
        if isinstance(function, dict):
            _check_function(function, f"functions[{index}]", "functions_invalid", place)
        else:
            said = f"a function must be an object; it is {named(function)}."
            place.add("functions_invalid", said, f"functions[{index}]")


def _check_function(function: dict[str, Any], path: str, code: str, place: Place) -> None:
    check_function_name(function.get("name"), f"{path}.name", place)
    check_keys(function, _FUNCTION_KEYS, path, place, "a function")
    wanted = (("description", str, "a string"), ("parameters", dict, "an object"), ("strict", bool, "true or false"))
    for key, kind, called in wanted:
        value = function.get(key)
        if value is not None and not isinstance(value, kind):
            place.add(code, f'"{key}" must be {called}; it is {named(value)}.', f"{path}.{key}")
    parameters = function.get("parameters")
    of_type = parameters.get("type", "object") if isinstance(parameters, dict) else "object"
    if of_type != "object":
        said = f'"parameters" must be a JSON schema of an object; its "type" is {shown(of_type)}.'
        place.add(code, said, f"{path}.parameters.type")
