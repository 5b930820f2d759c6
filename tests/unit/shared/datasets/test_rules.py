"""What each rule of an example says, where, and what it lets pass."""

import json
from typing import Any

import pytest

from shared.datasets.report import Report, check

ASK = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello"}
ANOTHER = {"role": "assistant", "content": "Go away"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
PICTURE = {"type": "image_url", "image_url": {"url": "https://a.example/b.png", "detail": "low"}}


def chat(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"messages": list(messages), **more}


def said_of(*examples: Any, **options: Any) -> list[str]:
    report = report_of(*examples, **options)
    return [f"{f.code} {f.path}: {f.message}" for f in report.findings if f.line == len(examples)]


def report_of(*examples: Any, **options: Any) -> Report:
    text = "\n".join(example if isinstance(example, str) else json.dumps(example) for example in examples)
    return check([text.encode()], model=None, **options)


@pytest.mark.parametrize(
    ("example", "remark"),
    [
        (chat(ASK, ANSWER), "the plainest"),
        (chat({"role": "system", "content": "Be brief."}, ASK, ANSWER), "a system prompt"),
        (chat(ASK, {**ANSWER, "weight": 0}, ASK, {**ANSWER, "weight": 1}), "weights"),
        (chat(ASK, ANSWER, ANSWER), "two answers in a row, and no tools"),
        (chat({**ASK, "name": "ann"}, {**ANSWER, "name": None}), "names"),
        (chat({"role": "user", "content": [{"type": "text", "text": "Hi"}]}, ANSWER), "parts"),
        (chat(ASK, {"role": "assistant", "content": None, "refusal": "No."}), "a refusal in place of words"),
        (chat(ASK, {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}), "a part that refuses"),
        (
            chat(ASK, {**ANSWER, "tool_calls": None, "function_call": None, "refusal": None}),
            "nulls as an SDK dumps them",
        ),
        ({"prompt": "", "completion": "Once"}, "an empty prompt: the model writes unasked"),
        ({"prompt": "a", "completion": " b"}, "a pair"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_good_example_is_let_pass_in_silence(example: dict[str, Any], remark: str) -> None:
    assert said_of(example) == [], remark


@pytest.mark.parametrize(
    "example",
    [
        chat(ASK, {"role": "assistant", "tool_calls": [CALL]}, tools=[TOOL]),
        chat(
            ASK,
            {"role": "assistant", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "c1", "content": ""},
            ANSWER,
            tools=[TOOL],
        ),
        chat(ASK, ANSWER, tools=[TOOL], parallel_tool_calls=False),
    ],
)
def test_tools_rightly_used_bring_no_more_than_a_note(example: dict[str, Any]) -> None:
    report = report_of(example)
    assert {f.code for f in report.findings if f.line} == {"tokens_estimated"}
    assert report.total_tokens > 0


@pytest.mark.parametrize(
    ("example", "said"),
    [
        (
            chat(ASK, ANSWER, ASK),
            'last_not_assistant messages[2]: the last message must come from "assistant"; it comes from "user".',
        ),
        (chat(ASK), 'no_assistant None: an example needs a message from "assistant", which is what the model learns.'),
        (chat(), 'messages_invalid messages: "messages" must be an array with at least one message; it is empty.'),
        (
            {"messages": "Hi"},
            'messages_invalid messages: "messages" must be an array with at least one message; it is a string.',
        ),
        (chat("Hi", ANSWER), "message_not_an_object messages[0]: a message must be an object; it is a string."),
        (chat({"content": "Hi"}, ANSWER), 'role_missing messages[0]: a message must have a "role"; this one has none.'),
        (
            chat({"role": ["user"], "content": "Hi"}, ANSWER),
            'one of "system", "developer", "user", "assistant", "tool", "function"; it is an array.',
        ),
        (chat({"role": "human", "content": "Hi"}, ANSWER), "role_unknown messages[0].role: a role must be one of"),
        (
            chat({"role": "user"}, ANSWER),
            'content_missing messages[0].content: "content" of a message from "user" must be text; it is missing.',
        ),
        (chat({"role": "user", "content": None}, ANSWER), "it is null."),
        (chat({"role": "user", "content": 7}, ANSWER), "content_wrong_type messages[0].content: "),
        (
            chat({"role": "user", "content": ""}, ANSWER),
            'content_empty messages[0].content: "content" of a message from "user" must not be empty.',
        ),
        (chat({"role": "user", "content": []}, ANSWER), "content_empty messages[0].content"),
        (chat(ASK, {"role": "assistant", "content": None}), "content_missing messages[1].content"),
        (chat(ASK, {"role": "assistant", "refusal": 1, "content": "x"}), "content_wrong_type messages[1].refusal"),
        (chat(ASK, {**ANSWER, "weight": 2}), 'weight_invalid messages[1].weight: "weight" must be 0 or 1; it is 2.'),
        (
            chat(ASK, {**ANSWER, "weight": True}),
            'weight_invalid messages[1].weight: "weight" must be 0 or 1; it is true.',
        ),
        (chat(ASK, {**ANSWER, "weight": 1.0}), "weight_invalid"),
        (chat(ASK, {**ANSWER, "weight": None}), "weight_invalid"),
        (chat({**ASK, "weight": 0}, ANSWER), 'weight_not_on_assistant messages[0].weight: only an "assistant" message'),
        (chat(ASK, {**ANSWER, "weight": 0}), "all_weights_zero None: every assistant message has the weight 0"),
        (
            chat(ASK, {**ANSWER, "loss_weight": 1}),
            'messages[1].loss_weight: "loss_weight" is not a key of a message from "assistant". What is',
        ),
        (chat(ASK, ANSWER, id=7), 'unknown_key id: "id" is not a key of a chat example. Remove it: providers'),
        (chat({**ASK, "name": 7}, ANSWER), 'name_invalid messages[0].name: "name" must be a string; it is 7.'),
        (
            chat({"role": "function", "content": "1"}, ANSWER),
            'name_invalid messages[0].name: a function message needs a "name"',
        ),
        (
            chat({"role": "user", "content": [{"type": "text", "value": "Hi"}]}, ANSWER),
            'part_invalid messages[0].content[0]: a part of type "text" needs the string "text"; it stands under',
        ),
        (chat({"role": "user", "content": [{"type": "text", "text": None}]}, ANSWER), "it is null."),
        (chat({"role": "user", "content": ["Hi"]}, ANSWER), "a part must be an object; it is a string."),
        (chat({"role": "user", "content": [{"type": "audio"}]}, ANSWER), 'must be "text"; it is "audio".'),
        (
            chat({"role": "user", "content": [{"type": "text", "text": "a", "b": 1}]}, ANSWER),
            'unknown_key messages[0].content[0].b: "b" is not',
        ),
        (
            chat({"role": "user", "content": [PICTURE] * 11}, ANSWER),
            "at most 10 images; this one has 11.",
        ),
        (
            chat({"role": "system", "content": [PICTURE]}, ANSWER),
            'images come from "user"; this one comes from "system".',
        ),
        (
            chat(
                {"role": "user", "content": [{**PICTURE, "image_url": {"url": "https://a", "detail": "max"}}]}, ANSWER
            ),
            'it is "max".',
        ),
        (
            chat({"role": "user", "content": [{"type": "image_url", "image_url": "https://a"}]}, ANSWER),
            "it is a string.",
        ),
        ({"prompt": 1, "completion": "b"}, 'prompt_invalid prompt: "prompt" must be a string; it is a number.'),
        ({"prompt": "a"}, 'completion_invalid completion: "completion" must be a string; it is missing.'),
        ({"prompt": "a", "completion": ""}, "must not be empty: it is what the model learns."),
        (
            {"prompt": "a", "completion": "b", "Prompt": ""},
            'unknown_key Prompt: "Prompt" is not a key of a prompt/completion pair. Is "prompt" meant?',
        ),
        (
            {"text": "a"},
            'unknown_format None: an example needs "messages", or "prompt" and "completion"; found "text".',
        ),
        (
            {"id": 1, "question": "a", "answer": "b"},
            'found "id", "question", "answer". Say which is which: tuneyard convert FILE --map user=…,assistant=…',
        ),
        (
            {"messages": json.dumps([ASK, ANSWER])},
            "it is a string. Decode it: the messages themselves stand here, not their JSON.",
        ),
        ([1, 2], "not_an_object None: a line must be a JSON object; it is an array."),
        ("7", "not_an_object None: a line must be a JSON object; it is a number."),
    ],
)
def test_a_broken_rule_is_named_with_its_place_and_what_was_found(example: Any, said: str) -> None:
    assert any(said in one for one in said_of(example)), said_of(example)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"tool_calls": []}, "at least one call; it is empty."),
        ({"tool_calls": {}}, "at least one call; it is an object."),
        ({"tool_calls": [1]}, "messages[1].tool_calls[0]: a call must be an object; it is a number."),
        ({"tool_calls": [{**CALL, "id": ""}]}, 'messages[1].tool_calls[0].id: a call needs an "id"; it is "".'),
        ({"tool_calls": [{**CALL, "type": None}]}, 'must be "function"; it is null.'),
        (
            {"tool_calls": [{**CALL, "function": None}]},
            'a call needs "function" with "name" and "arguments"; it is null.',
        ),
        ({"tool_calls": [{**CALL, "function": {"name": "a b", "arguments": "{}"}}]}, "function_name_invalid"),
        ({"tool_calls": [{**CALL, "function": {"name": "a" * 65, "arguments": "{}"}}]}, "1 to 64 letters"),
        ({"tool_calls": [{**CALL, "function": {"name": "a\n", "arguments": "{}"}}]}, "function_name_invalid"),
        (
            {"tool_calls": [{**CALL, "function": {"name": "a", "arguments": {}}}]},
            "it is an object. Encode it once:",
        ),
        (
            {"tool_calls": [{**CALL, "function": {"name": "a", "arguments": "{"}}]},
            'must hold a JSON object; it holds no JSON: "{".',
        ),
        (
            {"tool_calls": [{**CALL, "function": {"name": "a", "arguments": '"{}"'}}]},
            "is encoded twice: it holds a string that holds the object.",
        ),
        ({"function_call": {"name": "a"}}, "arguments_invalid messages[1].function_call.arguments"),
    ],
)
def test_a_call_is_checked_down_to_its_arguments(message: dict[str, Any], said: str) -> None:
    found = said_of(chat(ASK, {"role": "assistant", **message}))
    assert any(said in one for one in found), found


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"tools": "[]"}, '"tools" must be an array; it is a string. Decode it'),
        ({"tools": [{"name": "f"}]}, 'tools_invalid tools[0]: a tool must be {"type": "function"'),
        ({"tools": [{"type": "function", "function": {}}]}, "function_name_invalid tools[0].function.name"),
        ({"tools": [{"type": "function", "function": {"name": "f", "strict": 1}}]}, '"strict" must be true or false'),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]},
            '"parameters" must be an object',
        ),
        ({"functions": []}, "an array of 1 to 128 functions; it is an array of 0."),
        ({"functions": [1]}, "functions_invalid functions[0]: a function must be an object"),
        ({"parallel_tool_calls": "yes"}, '"parallel_tool_calls" must be true or false; it is "yes".'),
    ],
)
def test_declared_tools_are_checked(more: dict[str, Any], said: str) -> None:
    found = said_of(chat(ASK, ANSWER, **more))
    assert any(said in one for one in found), found


def test_a_tool_answers_only_a_call_that_stands_before_it() -> None:
    answer = {"role": "tool", "tool_call_id": "c1", "content": "22"}
    late = chat(ASK, answer, {"role": "assistant", "tool_calls": [CALL]})
    assert 'no call before this message has the id "c1".' in said_of(late)[0]
    assert (
        'needs the "tool_call_id" that it answers; it is null.'
        in said_of(chat(ASK, {**answer, "tool_call_id": None}, ANSWER))[0]
    )


def test_a_preference_file_is_told_apart_and_its_old_names_are_named() -> None:
    good = {"input": {"messages": [ASK]}, "preferred_output": [ANSWER], "non_preferred_output": [ANOTHER]}
    assert report_of(*[good] * 10).valid
    old = {"input": {"messages": [ASK]}, "preferred_completion": [ANSWER], "non_preferred_completion": [ANSWER]}
    assert (
        'preference_invalid preferred_completion: "preferred_completion" is called "preferred_output"'
        in said_of(old)[0]
    )
    assert 'must be an array with one message from "assistant"' in said_of({**good, "preferred_output": [ASK]})[0]
    assert '"input" must be an object with "messages".' in said_of({**good, "input": []})[0]


def test_a_line_of_another_format_is_an_error_and_its_rules_are_left_aside() -> None:
    found = said_of(chat(ASK, ANSWER), {"prompt": 7})
    assert found == [
        (
            "mixed_formats None: this line is prompt/completion pairs, and the file is taken for chat. "
            "Keep one format in a file."
        )
    ]


def test_a_finding_reads_as_a_sentence_with_its_line() -> None:
    error = report_of(chat(ASK, ANSWER), chat(ASK, ANSWER, ASK)).first_error()
    assert str(error) == 'line 2: the last message must come from "assistant"; it comes from "user".'


def test_a_value_is_shown_short_and_a_large_one_only_by_its_type() -> None:
    assert "x" * 70 not in str(said_of(chat({"role": "x" * 500, "content": "Hi"}, ANSWER)))
    assert "it is an object." in str(said_of(chat({"role": {"a": "secret"}, "content": "Hi"}, ANSWER)))
