"""Lines become examples, or the first bad one is named."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trainer.examples import Example, ExampleRefused, Turn, parse, read

CHAT = frozenset({"chat"})
PAIRS = frozenset({"completion"})
ASK, ANSWER = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}


def chat(*messages: Any) -> bytes:
    return json.dumps({"messages": messages}).encode()


#: line, forms, words of the message, remark
REFUSED = [
    (b"{oops", CHAT, "Example 3, is not valid JSON", "bad JSON"),
    (b"[1]", CHAT, "Example 3, is not a JSON object", "an array"),
    (b"{}", CHAT, "has no 'messages'; found an empty object", "nothing in it"),
    (
        b'{"prompt": "a", "completion": "b"}',
        CHAT,
        "is a prompt/completion pair, and gpt-x is tuned with a chat",
        "pair",
    ),
    (chat(ASK, ANSWER), PAIRS, "is a chat ('messages'), and gpt-x is tuned with a prompt/completion pair", "chat"),
    (chat(ASK), CHAT, "no message with role 'assistant'", "nothing to learn"),
    (chat(), CHAT, "at least one message", "an empty conversation"),
    (chat(ASK, {"content": "x"}), CHAT, "message 1 Discriminator 'role' is missing in value", "OpenAI's words"),
    (chat({"role": "robot", "content": "x"}), CHAT, "message 0 has role 'robot'", "unknown role"),
    (chat(ASK, {"role": "assistant"}), CHAT, "message 1 'content' must be a string", "neither content nor calls"),
    (chat(ASK, ANSWER | {"weight": 2}), CHAT, "'weight' must be 0 or 1; found 2", "weights are 0 or 1"),
    (chat(ASK, ANSWER | {"weight": True}), CHAT, "'weight' must be 0 or 1; found true", "a boolean is no number"),
    (chat({"role": "user", "content": [{"type": "image_url"}]}, ANSWER), CHAT, "has the part", "images are not read"),
    (b'{"prompt": "a", "completion": ""}', PAIRS, "'completion' is empty", "nothing to learn"),
    (b'{"prompt": 1, "completion": "b"}', PAIRS, "'prompt' must be a string; found 1", "wrong type"),
    (b"[" * 100_000, CHAT, "is not valid JSON", "too deep for the parser"),
]


@pytest.mark.parametrize(("line", "forms", "words", "remark"), REFUSED, ids=[row[3] for row in REFUSED])
def test_a_bad_line_is_refused_with_its_number_and_reason(
    line: bytes, forms: frozenset[str], words: str, remark: str
) -> None:
    with pytest.raises(ExampleRefused) as refused:
        parse(line, 3, forms, "gpt-x")
    assert words in str(refused.value)
    assert str(refused.value).startswith("Invalid file format. Example 3, ")


def test_only_assistants_are_trained_and_weight_0_is_not() -> None:
    line = chat({"role": "system", "content": "s"}, ASK, ANSWER | {"weight": 0}, ASK, ANSWER)
    example = parse(line, 1, CHAT, "gpt-x")
    assert [turn.weight for turn in example.turns] == [0, 0, 0, 0, 1]


def test_text_parts_are_joined_and_tool_calls_become_text() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
    parts = {"role": "user", "content": [{"type": "text", "text": "Is it "}, {"type": "text", "text": "cold?"}]}
    spoken = {"role": "assistant", "content": None, "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": "1", "content": "-3"}
    example = parse(chat(parts, spoken, result, ANSWER), 1, CHAT, "gpt-x")
    assert example.turns[0] == Turn("user", "Is it cold?")
    assert example.turns[1] == Turn("assistant", '<tool_call>weather({"city": "Oslo"})</tool_call>', 1.0)
    assert example.turns[2] == Turn("tool", "-3")


def test_a_pair_is_a_question_and_a_trained_answer() -> None:
    example = parse(b'{"prompt": "a", "completion": " b"}', 1, PAIRS, "babbage-002")
    assert example == Example((Turn("user", "a"), Turn("assistant", " b", 1.0)), "completion")


def test_blank_lines_do_not_count_and_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + chat(ASK, ANSWER) + b"\n\n  \r\n" + chat(ASK, ANSWER) + b"\n\n")
    assert len(list(read(path, CHAT, "gpt-x"))) == 2
    path.write_bytes(b"\n" + chat(ASK, ANSWER) + b"\n\n" + chat(ASK))
    with pytest.raises(ExampleRefused, match="Example 2,"):
        list(read(path, CHAT, "gpt-x"))


KEYS = st.sampled_from(["messages", "role", "content", "weight", "prompt", "completion", "tool_calls", "name"])
SCALARS = st.none() | st.booleans() | st.integers() | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS | st.text(), inner))


@given(JSON)
def test_any_json_is_read_or_refused_and_never_breaks(data: Any) -> None:
    for line in (data, {"messages": data}, {"messages": [data, ANSWER]}, {"prompt": data, "completion": "x"}):
        try:
            parse(json.dumps(line).encode(), 1, frozenset({"chat", "completion"}), "gpt-x")
        except ExampleRefused as refused:
            assert "Example 1, " in str(refused)  # noqa: PT017 (either outcome is right)
