"""Good examples spoilt in random places: the check never ends early, and never passes what it cannot count."""

import copy
import json
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.catalogue import find
from shared.datasets.report import check

FUNCTION = {"name": "f", "description": "d", "parameters": {"properties": {"a": {"type": "string", "enum": ["x"]}}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
ASK = {"role": "user", "content": "Hi"}
CHAT = {
    "messages": [
        {"role": "system", "content": "s", "name": "n"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "t"}, {"type": "image_url", "image_url": {"url": "https://a"}}],
        },
        {"role": "assistant", "content": None, "tool_calls": [CALL], "weight": 1, "refusal": None},
        {"role": "tool", "tool_call_id": "c1", "content": "x"},
        {"role": "function", "name": "f", "content": None},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "r"}], "function_call": CALL["function"]},
    ],
    "tools": [{"type": "function", "function": FUNCTION}],
    "functions": [FUNCTION],
    "parallel_tool_calls": True,
}
ANSWER = {"role": "assistant", "content": "q"}
PREFERENCE = {
    "input": {"messages": [ASK]},
    "preferred_output": [ANSWER],
    "non_preferred_output": [{**ANSWER, "content": "z"}],
}
GOOD = [CHAT, {"prompt": "a", "completion": "b"}, PREFERENCE]
ODD = [None, True, 0, 1, 1.5, "", "x", [], {}, [None], {"type": "text"}, ["x"], "\ud800", "\x00", "\x1b[2J", 10**30]
KEYS = ["weight", "name", "role", "content", "zz", "tools", "type", "arguments", "function_call", "tool_calls", "\x1b["]
MODEL = find("gpt-4o")


def places(value: Any) -> list[tuple[Any, Any]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, one in inside for place in [(value, key), *places(one)]]


def spoil(example: dict[str, Any], chance: Random) -> None:
    if not (found := places(example)):
        return
    parent, key = chance.choice(found)
    match chance.randrange(4):
        case 0:
            del parent[key]
        case 1 if isinstance(parent, dict):
            parent[chance.choice(KEYS)] = copy.deepcopy(chance.choice(ODD))
        case 1:
            parent.append(copy.deepcopy(chance.choice(ODD)))
        case _:
            parent[key] = copy.deepcopy(chance.choice(ODD))


def test_the_examples_before_they_are_spoilt_are_good() -> None:
    for example in GOOD:
        report = check([json.dumps(example).encode()], model=None)
        assert [finding.code for finding in report.findings if finding.severity == "error"] == ["too_few_examples"]


@settings(max_examples=300)
@given(st.sampled_from(GOOD), st.integers(1, 3), st.randoms(use_true_random=False))
def test_a_spoilt_example_is_reported_on(good: dict[str, Any], times: int, chance: Random) -> None:
    example = copy.deepcopy(good)
    for _ in range(times):
        spoil(example, chance)
    report = check([json.dumps(example).encode()], model=MODEL)
    json.dumps(report.as_dict(), ensure_ascii=False).encode()
    # What would steer a terminal is escaped.
    assert all((finding.message + (finding.path or "")).isprintable() for finding in report.findings)
    wrong_line = any(finding.severity == "error" and finding.line for finding in report.findings)
    assert wrong_line == (report.total_tokens == 0)
