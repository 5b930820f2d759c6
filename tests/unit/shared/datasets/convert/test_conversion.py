"""Each source into examples: what comes out, what is skipped with which reason, what cannot be converted at all."""

import io
import json
from typing import Any

import pytest

from shared.datasets.convert import Container, Conversion, Options, Shape, Target, read_mapping
from shared.datasets.convert.conversion import named_source, named_target
from shared.datasets.convert.rows import CannotConvert
from shared.datasets.report import check


def converted(given: bytes, **options: Any) -> tuple[list[dict[str, Any]], Conversion]:
    conversion = Conversion(lambda: io.BytesIO(given), Options(**options))
    return [json.loads(line) for line in conversion], conversion


def said(example: dict[str, Any]) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in example["messages"]]


def lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


QA = [("user", "Hi"), ("assistant", "Hello")]
TABLE = b"question,answer,rules\nHi,Hello,Be kind\n"
MAP = {"user": "question", "assistant": "answer"}
CHAT = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}


@pytest.mark.parametrize(
    ("given", "options", "expected"),
    [
        (lines({"prompt": "Hi", "completion": "Hello"}), {}, QA),
        (lines(CHAT), {}, QA),
        (json.dumps([CHAT]).encode(), {}, QA),
        (json.dumps([CHAT], indent=2).encode(), {}, QA),
        (b"\xef\xbb\xbf" + json.dumps(CHAT, indent=2).encode(), {}, QA),  # objects over lines, behind a BOM
        (json.dumps(CHAT).encode(), {}, QA),  # no newline at the end
        (TABLE, {"mapping": MAP}, QA),
        (TABLE.replace(b",", b"\t"), {"mapping": MAP}, QA),
        (TABLE.replace(b",", b";"), {"mapping": MAP}, QA),  # as spreadsheets of half of Europe write it
        (b"\xef\xbb\xbf" + TABLE.replace(b"\n", b"\r\n"), {"mapping": MAP}, QA),
        (TABLE, {"mapping": {**MAP, "system": "rules"}}, [("system", "Be kind"), *QA]),
        (b'prompt,completion\n"Hi",Hello\n', {}, QA),  # columns that have a shape need no mapping
        (b'question,answer\n"Hi\nyou, ""there""",Hello\n', {"mapping": MAP}, [("user", 'Hi\nyou, "there"'), QA[1]]),
        (lines({"instruction": "Hi", "input": "", "output": "Hello"}), {}, QA),
        (lines({"instruction": "Add", "input": "1", "output": "3"}), {}, [("user", "Add\n\n1"), ("assistant", "3")]),
        (
            lines({"instruction": "Hi", "output": "Hello", "system": "S", "history": [["a", "b"]]}),
            {},
            [("system", "S"), ("user", "a"), ("assistant", "b"), *QA],
        ),
        (lines({"instruction": "Hi", "context": "", "response": "Hello", "category": "x"}), {}, QA),  # Dolly
        (lines({"system": "S", **CHAT}), {}, [("system", "S"), *QA]),  # as Bedrock writes it
        (json.dumps(CHAT).encode() + b",\n", {}, QA),  # a comma behind it
        (b"sep=;\r\n" + TABLE.replace(b",", b";"), {"mapping": MAP}, QA),  # as Excel is told
        (lines({"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}), {}, QA),
        (lines({"conversation": [{"role": "user", "content": "Hi"}, {"role": "bot", "content": "Hello"}]}), {}, QA),
        (lines({"n": 7, "a": 2.5}), {"mapping": {"user": "n", "assistant": "a"}}, [("user", "7"), (QA[1][0], "2.5")]),
        (b'messages,id\n"' + json.dumps(CHAT["messages"]).replace('"', '""').encode() + b'",1\n', {}, QA),
    ],
)  # fmt: skip
def test_a_source_becomes_chat(given: bytes, options: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    examples, conversion = converted(given, **options)
    assert [said(example) for example in examples] == [expected]
    assert (conversion.tally.read, conversion.tally.written, conversion.tally.skipped) == (1, 1, 0)


def test_a_conversation_with_tools_keeps_calls_results_and_declarations() -> None:
    turns = [
        ("human", "Weather?"),
        ("function_call", '[{"name": "look", "arguments": {"in": "Ulm"}}, {"name": "now", "arguments": "{}"}]'),
        ("observation", "rain"),
        ("observation", "noon"),
        ("gpt", "It rains."),
    ]
    record = {
        "conversations": [{"from": who, "value": words} for who, words in turns],
        "system": "Look first.",
        "tools": '[{"name": "look", "parameters": {"type": "object"}}, {"name": "now"}]',
    }
    (example,), _ = converted(lines(record))
    roles = [message["role"] for message in example["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "tool", "assistant"]
    calls, results = example["messages"][2]["tool_calls"], example["messages"][3:5]
    assert [call["function"] for call in calls] == [
        {"name": "look", "arguments": '{"in": "Ulm"}'},
        {"name": "now", "arguments": "{}"},
    ]
    assert [one["content"] for one in results] == ["rain", "noon"]
    assert [one["tool_call_id"] for one in results] == [call["id"] for call in calls]
    assert [tool["type"] for tool in example["tools"]] == ["function", "function"]


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"prompt": "Hi", "completion": 1}, '"completion" must be a string; it is 1'),
        ({"prompt": "Hi", "completion": " \n"}, "the answer is empty"),
        ({"prompt": "", "completion": "x"}, "the prompt is empty"),
        ({"completion": "x"}, '"prompt" must be a string; it is missing'),
        ([1], "a line must be a JSON object; it is an array"),
        ({"messages": "no"}, '"prompt" must be a string'),  # of another shape than the first
    ],
)
def test_a_pair_that_makes_no_example_is_skipped_with_its_row_and_why(record: Any, why: str) -> None:
    examples, conversion = converted(lines({"prompt": "Hi", "completion": "Hello"}, record))
    assert len(examples) == 1
    (skipped,) = conversion.tally.listed
    assert skipped.row == 2
    assert why in skipped.why


def test_a_record_of_alpaca_without_its_keys_is_told_so() -> None:
    _, conversion = converted(lines({"instruction": "Hi", "output": "Hello"}, {"instruction": "Hi"}))
    assert [one.why for one in conversion.tally.listed] == ['"output" must be a string; it is missing.']


@pytest.mark.parametrize(
    ("turns", "why"),
    [
        ([], "at least one turn"),
        ([{"from": "human", "value": "Hi"}], 'needs a message from "assistant"'),
        ([{"from": "gpt", "value": "a"}, {"from": "human", "value": "b"}], "the last message must come from"),
        ([{"from": "alien", "value": "Hi"}], 'it comes from "alien"; known are system'),
        ([{"from": "human"}], "what human says is missing"),
        ([{"from": "human", "value": " "}], "what human says is empty"),
        ([{"from": "observation", "value": "x"}], "no function_call stands before it"),
        ([{"from": "function_call", "value": "look"}], "must be JSON"),
        ([{"from": "function_call", "value": '{"name": "f"}'}, {"from": "gpt", "value": "x"}], "no observation"),
        (["Hi"], "conversations[0]: a turn must be an object"),
        ([{"from": ["a"], "value": "Hi"}], "it comes from an array"),
    ],
)
def test_a_conversation_that_makes_no_example_is_skipped_with_why(turns: Any, why: str) -> None:
    _, conversion = converted(lines({"conversations": turns}))
    assert why in conversion.tally.listed[0].why
    assert (conversion.tally.read, conversion.tally.written, conversion.tally.skipped) == (1, 0, 1)


ASKED = {"role": "user", "content": "Hi"}
BETTER, WORSE = {"role": "assistant", "content": "Hello"}, {"role": "assistant", "content": "What"}


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": "Hi", "chosen": "Hello", "rejected": "What"},
        {"question": "Hi", "chosen": "Hello", "rejected": "What"},
        {"prompt": [ASKED], "chosen": [BETTER], "rejected": [WORSE]},
        {"chosen": [ASKED, BETTER], "rejected": [ASKED, WORSE]},
        {"prompt": "Hi", "chosen": [ASKED, BETTER], "rejected": [ASKED, WORSE]},
        {"conversations": [{"from": "human", "value": "Hi"}], "chosen": {"from": "gpt", "value": "Hello"},
         "rejected": {"from": "gpt", "value": "What"}},
        {"chosen": "\n\nHuman: Hi\n\nAssistant: Hello", "rejected": "\n\nHuman: Hi\n\nAssistant: What"},
        {"input": {"messages": [ASKED]}, "preferred_output": [BETTER], "non_preferred_output": [WORSE], "id": 1},
    ],
)  # fmt: skip
def test_a_better_and_a_worse_answer_become_a_preference_pair(record: dict[str, Any]) -> None:
    (example,), _ = converted(lines(record), to=Target.PREFERENCE)
    assert example == {"input": {"messages": [ASKED]}, "preferred_output": [BETTER], "non_preferred_output": [WORSE]}


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"prompt": "Hi", "chosen": "Same", "rejected": "Same"}, "neither is preferred"),
        ({"chosen": "Hello", "rejected": "What"}, "no question stands before the answers"),
        ({"chosen": [ASKED, BETTER], "rejected": [BETTER, WORSE]}, "differ before their last turn"),
        ({"prompt": "Other", "chosen": [ASKED, BETTER], "rejected": [ASKED, WORSE]}, "repeats another question"),
        ({"prompt": "Hi", "chosen": [ASKED], "rejected": [WORSE]}, "must end with the assistant"),
        ({"prompt": "Hi", "chosen": "", "rejected": "What"}, '"chosen" must be a text'),
    ],
)
def test_answers_that_cannot_be_compared_are_skipped_with_why(record: dict[str, Any], why: str) -> None:
    _, conversion = converted(lines(record), to=Target.PREFERENCE)
    assert why in conversion.tally.listed[0].why


def test_a_system_prompt_and_a_mapping_make_preference_pairs_too() -> None:
    mapping = read_mapping("prompt=q, chosen=a, rejected=b")
    (example,), _ = converted(b"q,a,b\nHi,Hello,What\n", to=Target.PREFERENCE, mapping=mapping, system="S")
    assert example["input"]["messages"] == [{"role": "system", "content": "S"}, ASKED]


def test_what_the_target_has_no_place_for_is_counted_by_key() -> None:
    _, conversion = converted(lines({**CHAT, "id": 1}, {**CHAT, "id": 2, "score": 0.5}))
    assert conversion.tally.left_out == {"id": 2, "score": 1}


def test_records_as_they_are_only_come_out_of_their_array() -> None:
    records = [{"any": [1, {"x": "]"}]}, {"thing": "}\\"}]
    assert converted(json.dumps(records, indent=1).encode(), to=Target.LINES)[0] == records


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (b"", {}, "The file is empty."),
        (b" \n\n", {}, "The file is empty."),
        (b"\n" * 70_000 + b"{}", {}, "begins with 64 KiB of blanks"),
        (b"[]", {}, "The file is empty."),
        (b"a,b\n", {"mapping": {"user": "a", "assistant": "b"}}, "no rows below its header"),
        (b"\n", {"container": Container.CSV}, "Its first row must name the columns."),
        (TABLE, {}, "cannot be told from their keys: 'question', 'answer', 'rules'. Say which is which by a mapping."),
        (TABLE, {"shape": Shape.COLUMNS}, "Say which is which"),
        (TABLE, {"mapping": {"user": "ask", "assistant": "answer"}}, "no column 'ask' for user. The columns are 'ques"),
        (b"a,a\n1,2\n", {}, "names 'a' more than once"),
        (b'a,b\n"x"y,1\n', {}, "Line 2: the cells cannot be told apart"),
        (b"question,answer\rHi,Hello\r", {"mapping": MAP}, "carriage return alone, so that all is one line."),
        (b"a,b\nx,\xff\n", {}, "byte 2 of line 2 (0xff) is not UTF-8"),
        (b"hello", {}, "cannot be told from its beginning. Name it: jsonl"),
        (b"version https://git-lfs.github.com/spec/v1\n", {}, "a pointer of Git LFS"),
        (b"PK\x03\x04...", {}, "a zip archive or a spreadsheet"),
        ("a,b".encode("utf-16"), {}, "UTF-16. Save it as UTF-8"),
        (b"PAR1 nonsense PAR1", {}, "cannot be read as Parquet"),
        (b"nonsense", {"container": Container.PARQUET}, "cannot be read as Parquet"),
        (b'[{"prompt": "a", "completion": "b"}, {"b"', {}, "its closing bracket is missing"),
        (lines({"chosen": "a", "rejected": "b"}), {}, "can be converted to preference, not to chat"),
        (lines(CHAT), {"to": Target.PREFERENCE}, "can be converted to chat, not to preference"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_converted_is_refused_in_a_sentence(
    given: bytes, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(CannotConvert) as refused:
        converted(given, **options)
    assert message in str(refused.value)


def test_a_table_with_a_row_of_other_length_loses_that_row_only() -> None:
    examples, conversion = converted(b"question,answer\na,b\nc\nd,e,f\ng,h\n", mapping=MAP)
    assert [said(example)[0][1] for example in examples] == ["a", "g"]
    assert [one.row for one in conversion.tally.listed] == [2, 3]


def test_a_nul_is_skipped_and_one_that_is_only_spelt_out_is_not() -> None:
    examples, conversion = converted(b'question,answer\na\x00b,c\n"\\u0000",d\n', mapping=MAP)
    assert [said(example)[0][1] for example in examples] == ["\\u0000"]
    assert ["NUL" in one.why for one in conversion.tally.listed] == [True]


def test_a_broken_element_of_an_array_is_skipped_and_the_rest_is_read() -> None:
    given = b'[{"messages": 1}, {"x": nan}, {"a": "\\q"}, ' + json.dumps(CHAT).encode() + b"]"
    examples, conversion = converted(given, shape=Shape.CHAT)
    assert [said(example) for example in examples] == [QA]
    assert [one.row for one in conversion.tally.listed] == [1, 2, 3]


def test_parquet_is_read_with_its_nested_columns() -> None:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    rows = [CHAT, {"messages": [{"role": "system", "content": "S", "name": "n"}, *CHAT["messages"]]}]
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows), file)
    assert converted(file.getvalue())[0] == rows


def test_without_pyarrow_parquet_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(CannotConvert, match=r"pip install 'tuneyard\[parquet\]'"):
        converted(b"PAR1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("user", "not of the form ROLE=COLUMN"),
        ("user=a", "it lacks assistant"),
        ("user=a,user=b,assistant=c", "names 'user' twice"),
        ("human=a,assistant=b", "names 'human'; it maps system, user, assistant"),
        ("prompt=a,chosen=b", "it lacks rejected"),
        ("prompt=a,chosen=b,rejected=c,user=d", "user does not go with prompt"),
    ],
)
def test_a_mapping_that_makes_no_example_is_refused(text: str, message: str) -> None:
    with pytest.raises(CannotConvert) as refused:
        read_mapping(text)
    assert message in str(refused.value)


def test_names_of_sources_and_targets_that_do_not_exist_are_answered_with_those_that_do() -> None:
    assert named_source("json+alpaca") == (Container.JSON, Shape.ALPACA)
    assert named_source(None) == (None, None)
    with pytest.raises(CannotConvert, match="no source called 'xml'; there are jsonl, json, csv"):
        named_source("xml")
    with pytest.raises(CannotConvert, match="no conversion to 'text'; there are chat"):
        named_target("text")


def test_what_is_written_passes_the_check() -> None:
    given = lines(*({"prompt": f"{n}? ->", "completion": f" It is {n}. END"} for n in range(60)))
    conversion = Conversion(lambda: io.BytesIO(given), Options(system="You count."))
    report = check(iter(conversion), model=None)
    assert (report.valid, report.examples, report.findings_total["error"]) == (True, 60, 0)
