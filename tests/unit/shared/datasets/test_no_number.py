"""NaN in the place of a value is one fault, and the rest of the line is judged all the same"""

import math
from typing import Any

import pytest

from tests.unit.shared.datasets.test_one_fault import PREFERENCE, TALK, TOOL, Path, codes, spoilt

PLACES: list[tuple[dict[str, Any], Path]] = [
    *((TALK, ("messages", place, key)) for place in range(5) for key in ("role", "content")),
    *((TALK, ("messages", place)) for place in range(5)),
    (TALK, ("messages",)),
    (TALK, ("messages", 1, "name")),
    (TALK, ("messages", 1, "content", 0)),
    (TALK, ("messages", 1, "content", 0, "text")),
    (TALK, ("messages", 1, "content", 0, "type")),
    (TALK, ("messages", 3, "tool_call_id")),
    (TALK, ("messages", 4, "weight")),
    (TALK, TOOL),
    *((TALK, (*TOOL, 0, *more)) for more in [(), ("id",), ("type",), ("function",), ("function", "name")]),
    (TALK, (*TOOL, 0, "function", "arguments")),
    *((TALK, ("tools", *more)) for more in [(), (0,), (0, "type"), (0, "function"), (0, "function", "name")]),
    (TALK, ("tools", 0, "function", "parameters")),
    (TALK, ("tools", 0, "function", "parameters", "properties", "city")),
    (TALK, ("parallel_tool_calls",)),
    (PREFERENCE, ("input",)),
    (PREFERENCE, ("preferred_output",)),
    (PREFERENCE, ("preferred_output", 0, "content")),
    ({"prompt": "a", "completion": "b"}, ("prompt",)),
    ({"prompt": "a", "completion": "b"}, ("completion",)),
]


@pytest.mark.parametrize("number", [math.nan, -math.inf])
@pytest.mark.parametrize(("example", "path"), PLACES, ids=lambda given: str(given)[:60])
def test_what_is_no_number_is_said_once(example: dict[str, Any], path: Path, number: float) -> None:
    assert codes(spoilt(example, path, number)) == ["invalid_number"]


def test_another_fault_of_the_line_is_said_too() -> None:
    assert codes({"messages": [{"role": "user", "content": math.nan}]}) == ["invalid_number", "no_assistant"]
