"""Counts: equal to the cookbook's on plain chat, right where its script is wrong, and never an end of the process."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.datasets.formats import Format
from shared.datasets.report import check
from shared.datasets.tokens import TokenCounter
from shared.tokenizer import NAMES, load

O200K = TokenCounter("o200k_base")
ASK, ANSWER = {"role": "user", "content": "What is two and two?"}, {"role": "assistant", "content": "Four, of course."}


def cookbook(messages: list[dict[str, Any]], encoding: str) -> tuple[int, int]:
    """Count as OpenAI's notebook "Data preparation and analysis for chat model fine-tuning" describes."""
    words = load(encoding)
    total = 3
    for message in messages:
        total += 3
        for key, value in message.items():
            total += len(words.encode(value, disallowed_special=())) + (1 if key == "name" else 0)
    answers = (message["content"] for message in messages if message["role"] == "assistant")
    return total, sum(len(words.encode(answer, disallowed_special=())) for answer in answers)


turns = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant"]), "content": st.text(min_size=1)},
        optional={"name": st.text("abc_-", min_size=1)},
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("encoding", NAMES)
@given(messages=turns)
def test_plain_chat_is_counted_as_the_cookbook_counts_it(encoding: str, messages: list[dict[str, Any]]) -> None:
    assert TokenCounter(encoding).example({"messages": messages}, Format.CHAT) == (*cookbook(messages, encoding), 0)


def test_weights_parts_refusals_and_calls_count_as_what_the_model_sees() -> None:
    def of(*messages: dict[str, Any], **more: Any) -> tuple[int, int]:
        return O200K.example({"messages": list(messages), **more}, Format.CHAT)[:2]

    plain = of(ASK, ANSWER)
    learned = O200K.text("Four, of course.")
    parts = {"role": "assistant", "content": [{"type": "text", "text": "Four, of course."}]}
    assert of(ASK, parts) == plain == (plain[0], learned)
    assert of(ASK, {"role": "assistant", "content": None, "refusal": "Four, of course."}) == plain
    assert of(ASK, {**ANSWER, "weight": 0}) == (plain[0], 0)
    assert of(ASK, {**ANSWER, "weight": 0}, ASK, ANSWER)[1] == learned
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 2, "b": 2}'}}
    words = O200K.text("add") + O200K.text('{"a": 2, "b": 2}') + 3
    assert of(ASK, {"role": "assistant", "tool_calls": [call]}) == (plain[0] - learned + words, words)
    assert of(ASK, {"role": "assistant", "content": None, "function_call": call["function"]})[1] == words
    image = {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}
    assert of({"role": "user", "content": [image]}, ANSWER)[0] == of({"role": "user", "content": "x"}, ANSWER)[0] + 84


def test_a_call_is_uncertain_by_what_its_json_has_more() -> None:
    calls = [
        {"id": "c", "type": "function", "function": {"name": "add", "arguments": json.dumps({"a": number, "é": "\n"})}}
        for number in (2, 3)
    ]
    counted = O200K.example({"messages": [ASK, {"role": "assistant", "tool_calls": calls}]}, Format.CHAT)
    as_json = [json.dumps(call["function"], separators=(",", ":"), ensure_ascii=False) for call in calls]
    assert counted.learned + counted.uncertain == sum(map(O200K.text, as_json))


def test_declared_tools_are_counted_by_the_cookbooks_rule() -> None:
    schema = {"type": "object", "properties": {"unit": {"type": "string", "description": "Unit.", "enum": ["c", "f"]}}}
    tool = {"type": "function", "function": {"name": "weather", "description": "Now.", "parameters": schema}}
    plain = O200K.example({"messages": [ASK, ANSWER]}, Format.CHAT).total
    with_tool = O200K.example({"messages": [ASK, ANSWER], "tools": [tool]}, Format.CHAT).total
    expected = 7 + O200K.text("weather:Now") + 3 + 3 - 3 + (3 + 1) + (3 + 1) + O200K.text("unit:string:Unit") + 12
    assert with_tool - plain == expected


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=3) | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=8,
    )
)
def test_any_schema_of_a_tool_is_counted(schema: object) -> None:
    function = {"name": "f", "parameters": {"properties": schema}}
    example = {"messages": [ASK, ANSWER], "tools": [{"type": "function", "function": function}]}
    assert O200K.example(example, Format.CHAT)[0] > O200K.example({"messages": [ASK, ANSWER]}, Format.CHAT)[0]


def test_a_pair_is_its_words_and_its_completion_is_learned() -> None:
    report = check([b'{"prompt": "Two and two?", "completion": " Four"}\n'] * 2, model=None)
    assert (report.total_tokens, report.assistant_tokens) == (2 * (O200K.text("Two and two?") + 1), 2)


def test_a_table_that_is_not_in_the_package_is_refused_by_name() -> None:
    with pytest.raises(KeyError, match="p50k_base"):
        TokenCounter("p50k_base")
