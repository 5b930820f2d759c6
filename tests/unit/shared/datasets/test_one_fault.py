"""One fault, one finding: what follows from it is not said again"""

import copy
import json
from typing import Any

import pytest

from shared.datasets.report import check

CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TALK: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "How warm is it in Rome?"}], "name": "ann"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "22"},
        {"role": "assistant", "content": "22 degrees.", "weight": 1},
    ],
    "tools": [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}],
    "parallel_tool_calls": True,
}
ANSWER = {"role": "assistant", "content": "Paris."}
PREFERENCE: dict[str, Any] = {
    "input": {"messages": [{"role": "user", "content": "Capital of France?"}]},
    "preferred_output": [ANSWER],
    "non_preferred_output": [{"role": "assistant", "content": "London."}],
}
GONE = object()
Path = tuple[str | int, ...]
TOOL: Path = ("messages", 2, "tool_calls")
FAULTS: list[tuple[dict[str, Any], Path, Any, str]] = [
    *((TALK, ("messages", place, "role"), "human", "role_unknown") for place in range(5)),
    *((TALK, ("messages", place, "role"), GONE, "role_missing") for place in range(5)),
    *((TALK, ("messages", place, "content"), 7, "content_wrong_type") for place in range(5)),
    *((TALK, ("messages", place, "content"), GONE, "content_missing") for place in (0, 1, 3, 4)),
    *((TALK, ("messages", place), "Hi", "message_not_an_object") for place in range(5)),
    (TALK, ("messages", 1, "content", 0, "text"), GONE, "part_invalid"),
    (TALK, ("messages", 1, "content", 0, "type"), "txt", "part_invalid"),
    (TALK, ("messages", 1, "name"), 7, "name_invalid"),
    (TALK, ("messages", 4, "weight"), 2, "weight_invalid"),
    (TALK, TOOL, {}, "tool_calls_invalid"),
    (TALK, TOOL, [], "tool_calls_invalid"),
    (TALK, (*TOOL, 0, "id"), GONE, "tool_calls_invalid"),
    (TALK, (*TOOL, 0, "id"), "c2", "tool_call_id_invalid"),
    (TALK, (*TOOL, 0, "type"), GONE, "tool_calls_invalid"),
    (TALK, (*TOOL, 0, "function"), GONE, "tool_calls_invalid"),
    (TALK, (*TOOL, 0, "function", "arguments"), {"city": "Rome"}, "arguments_invalid"),
    (TALK, (*TOOL, 0, "function", "name"), "the weather", "function_name_invalid"),
    (TALK, (*TOOL, 0, "function", "name"), "time", "tool_not_declared"),
    (TALK, ("messages", 3, "tool_call_id"), "c2", "tool_call_id_invalid"),
    (TALK, ("messages", 3, "tool_call_id"), GONE, "tool_call_id_invalid"),
    (TALK, ("tools",), "[]", "tools_invalid"),
    (TALK, ("tools", 0), SCHEMA, "tools_invalid"),
    (TALK, ("tools", 0, "function"), GONE, "tools_invalid"),
    (TALK, ("parallel_tool_calls",), "yes", "parallel_tool_calls_invalid"),
    (TALK, ("messages",), {}, "messages_invalid"),
    (TALK, ("id",), 7, "unknown_key"),
    (PREFERENCE, ("input",), GONE, "preference_invalid"),
    (PREFERENCE, ("input", "messages", 0, "role"), "human", "role_unknown"),
    (PREFERENCE, ("input", "messages", 0, "role"), "assistant", "preference_invalid"),
    (PREFERENCE, ("preferred_output",), GONE, "preference_invalid"),
    (PREFERENCE, ("preferred_output",), ANSWER, "preference_invalid"),
    (PREFERENCE, ("preferred_output", 0, "role"), "gpt", "preference_invalid"),
    (PREFERENCE, ("non_preferred_output", 0, "content"), "Paris.", "outputs_equal"),
    (PREFERENCE, ("non_preferred_output", 0, "content"), GONE, "content_missing"),
]


def spoilt(good: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    example = copy.deepcopy(good)
    holder: Any = example
    for step in path[:-1]:
        holder = holder[step]
    if value is GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return example


def codes(example: dict[str, Any]) -> list[str]:
    report = check([json.dumps(example).encode()], model=None, for_validation=True)
    return [found.code for found in report.findings if found.code != "tokens_estimated"]


@pytest.mark.parametrize("good", [TALK, PREFERENCE])
def test_without_a_fault_nothing_is_found(good: dict[str, Any]) -> None:
    assert codes(good) == []


@pytest.mark.parametrize(
    ("good", "path", "value", "code"), FAULTS, ids=[f"{code}-{'.'.join(map(str, path))}" for _, path, _, code in FAULTS]
)
def test_a_fault_has_one_finding(good: dict[str, Any], path: Path, value: Any, code: str) -> None:
    assert codes(spoilt(good, path, value)) == [code]
