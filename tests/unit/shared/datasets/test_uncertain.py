"""The range of a count: exact where words are, wider where tools and pictures stand"""

import json
from typing import Any

import pytest

from shared.catalogue import find
from shared.datasets.report import Report, check

ASK = {"role": "user", "content": "How warm is it in Rome?"}
ANSWER = {"role": "assistant", "content": "22 degrees."}
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "weather", "description": "Of a city.", "parameters": SCHEMA}}


def picture(**more: str) -> dict[str, Any]:
    image = {"type": "image_url", "image_url": {"url": "https://a.example/b.png", **more}}
    return {"role": "user", "content": [{"type": "text", "text": "What is it?"}, image]}


def report_of(example: dict[str, Any], model: str = "gpt-4o") -> Report:
    return check([json.dumps(example).encode()], model=find(model), n_epochs=1, method="supervised")


@pytest.mark.parametrize(
    ("messages", "more", "expected"),
    [
        ([ASK, ANSWER], {}, 0),
        ([picture(detail="low"), ANSWER], {}, 0),
        ([picture(), ANSWER], {}, 1_445 - 85),
        ([picture(detail="high"), ANSWER], {}, 1_445 - 255),
        ([picture(), ANSWER, picture(), ANSWER], {}, 2 * (1_445 - 85)),
    ],
)
def test_a_picture_widens_the_range_by_what_it_may_cost(
    messages: list[dict[str, Any]], more: dict[str, Any], expected: int
) -> None:
    assert report_of({"messages": messages, **more}).uncertain_tokens == expected


def test_tools_and_calls_widen_it_to_their_json() -> None:
    plain = report_of({"messages": [ASK, ANSWER]})
    declared = report_of({"messages": [ASK, ANSWER], "tools": [TOOL]})
    called = report_of({"messages": [ASK, {"role": "assistant", "tool_calls": [CALL]}], "tools": [TOOL]})
    assert plain.uncertain_tokens == 0 < declared.uncertain_tokens < called.uncertain_tokens
    assert plain.total_tokens < declared.total_tokens
    assert declared.estimate is not None
    assert declared.estimate.cost is not None
    assert declared.estimate.cost_at_most is not None
    assert declared.estimate.cost < declared.estimate.cost_at_most
    assert " to " in declared.estimate.arithmetic


def test_preferences_are_uncertain_in_all_three_of_their_parts() -> None:
    call = {"role": "assistant", "tool_calls": [CALL]}
    one = {"input": {"messages": [ASK], "tools": [TOOL]}, "preferred_output": [call], "non_preferred_output": [ANSWER]}
    both = {**one, "non_preferred_output": [call]}
    assert 0 < report_of(one).uncertain_tokens < report_of(both).uncertain_tokens


def test_what_is_cut_off_is_not_uncertain() -> None:
    long = {"role": "user", "content": "word " * 70_000}
    report = report_of({"messages": [long, picture(), ANSWER]})
    assert (report.truncated_examples, report.uncertain_tokens) == (1, 0)
