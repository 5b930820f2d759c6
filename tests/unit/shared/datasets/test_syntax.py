"""Bytes as people have them: what is said of each, and that nothing ends the check."""

import hashlib
import io
import itertools
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.catalogue import find
from shared.datasets.formats import Format, read_plain
from shared.datasets.report import Report, check

GOOD = b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}'
MINI = find("gpt-4o-mini")


def seen(report: Report) -> list[tuple[str, int | None]]:
    return [(f.code, f.line) for f in report.findings if f.code not in {"too_few_examples", "few_examples"}]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (GOOD, []),
        (GOOD + b"\n", []),
        (GOOD + b"\r\n" + GOOD + b"\r\n", [("crlf", 1)]),
        (GOOD + b"\n\n" + GOOD + b"\n  \n", [("blank_line", 2)]),
        (b"\n" + GOOD, [("blank_line", 1)]),
        (b"\xef\xbb\xbf" + GOOD, [("byte_order_mark", 1)]),
        (GOOD + b"\n\xef\xbb\xbf" + GOOD, [("invalid_json", 2)]),
        (b"", [("empty_file", None)]),
        (b"\n\n \n", [("blank_line", 1), ("empty_file", None)]),
        (b"\xff\xfe{\x00", [("invalid_utf8", 1)]),
        (b"PK\x03\x04....", [("compressed_file", 1)]),
        (b"\x89PNG\r\n\x1a\n\x00\x00", [("invalid_utf8", 1)]),
        (b"%PDF-1.7\n%\xe2\xe3", [("invalid_utf8", 1)]),
        (b"\xff\xff\xff\xff\x08\x01\x00\x00\n\x10\x00", [("invalid_utf8", 1)]),
        (b"\xe9t\xe9, \x80\n" + GOOD, [("invalid_utf8", 1)]),
        (b"\xe9t\xe9\n\xe9t\xe9\n" + GOOD, [("invalid_utf8", 1), ("invalid_utf8", 2)]),
        (b"(\xb5/\xfd....", [("packed_file_broken", None)]),
        (b"[" + GOOD + b"," + GOOD + b"]", [("json_array", 1)]),
        (b"[\n" + GOOD + b"\n]", [("json_array", 1)]),
        (b"[1]\n" + GOOD, [("not_an_object", 1)]),
        (b'{\n "messages": []\n}\n', [("json_over_lines", 1)]),
        (GOOD + b"\n{\n}\n", [("invalid_json", 2), ("invalid_json", 3)]),
        (GOOD + b"\n//My changes", [("invalid_json", 2)]),
        (GOOD + GOOD, [("invalid_json", 1)]),
        (GOOD + b"\n" + GOOD[:-1] + b",}", [("invalid_json", 2)]),
        (GOOD + b"\n\x00\x00", [("nul_byte", 2)]),
        (GOOD + b"\n" + GOOD.replace(b"Hi", b"H\xe9"), [("invalid_utf8", 2)]),
        (GOOD + b"\n" + GOOD.replace(b"Hi", b"\\ud83d"), [("lone_surrogate", 2)]),
        (GOOD + b"\n" + GOOD.replace(b"Hi", b"\\ud83d\\ude00"), []),
        (GOOD + b"\n" + GOOD.replace(b"Hi", b"a\\u0000"), [("nul_character", 2)]),
        (GOOD + b"\n" + GOOD.replace(b"Hi", b'Hi", "content": "Ho'), [("duplicate_key", 2)]),
        (GOOD + b"\n" + GOOD.replace(b"Hi", b'\\u0022\\u0022 Hi", "content": "Ho'), [("duplicate_key", 2)]),
        (GOOD + b"\n" + GOOD.replace(b"Hi", b'a\\u0022\\u0022\\u0022", "content": "\\"'), [("duplicate_key", 2)]),
        (GOOD + b"\n" + GOOD.replace(b"Hi", b'\\u0022 \\"'), []),
        (GOOD.replace(b'"content":', b'"content" :'), []),
        (GOOD + b"\n" + GOOD[:-1] + b', "x": NaN}', [("invalid_number", 2), ("unknown_key", 2)]),
        (GOOD + b"\n" + GOOD[:-1] + b', "x": ' + b"1" * 5000 + b"}", [("invalid_number", 2)]),
        (GOOD + b"\n" + b"[" * 100_000, [("nested_too_deep", 2)]),
        (GOOD + b'\n{"messages": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", [("nested_too_deep", 2)]),
        (GOOD + b"\nnull", [("not_an_object", 2)]),
    ],
)
def test_a_file_as_people_have_it(data: bytes, expected: list[tuple[str, int | None]]) -> None:
    assert seen(check([data], model=MINI)) == expected


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x80\x04\x95\x10\x00\n", "the file is binary data, not text. Write its examples as JSON Lines."),
        (b"%PDF-1.7\n", "the file is a PDF. Write its examples as JSON Lines."),
        (b'{"a": "caf\xe9"}', "byte 10 of the line (0xe9) is not UTF-8. Save the file as UTF-8."),
        (b"{'a': 1}", "column 2: a key in double quotes was expected; found \"'a': 1}\"."),
        (b'{"a": 1', "column 8: a comma or a closing bracket was expected; found the end of the line. It breaks off:"),
        (
            b'{"a": "x',
            'a string is not closed before the end of the line; found "\\"x". It breaks off: make the line whole',
        ),
        ("{“a”: 1}".encode(), "Quotes of JSON are straight"),
        (
            b'{"a": 1},\n{"a": 2},\n',
            "the line ends in a comma, as in an array. Convert it:",
        ),
        (b"PK\x03\x04...", "a zip archive or a spreadsheet. Unpack it; save a sheet as CSV"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n",
            "a pointer of Git LFS, not the data itself.",
        ),
        (b'{"a": 1}{"a": 2}', "column 9: the line goes on after its object; one line holds one object"),
    ],
)
def test_the_place_in_the_line_is_named(data: bytes, said: str) -> None:
    assert said in check([data], model=None).findings[0].message


def test_a_line_over_the_limit_is_reported_and_the_lines_after_it_are_read() -> None:
    report = check([GOOD, b"\n", b"x" * 300, b"x" * 300, b"\n", GOOD, b"\n" + b"y" * 501], model=None, max_line=500)
    assert seen(report) == [("line_too_long", 2), ("line_too_long", 4)]
    assert (report.examples, report.total_tokens) == (4, 2 * 13)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@given(cuts=st.lists(st.integers(0, 400), max_size=8))
def test_how_a_stream_is_cut_into_chunks_changes_nothing(end: bytes, cuts: list[int]) -> None:
    data = end.join([GOOD, b"{", b"", GOOD])
    whole = check(io.BytesIO(data), model=MINI).as_dict()
    edges = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    chunks = [data[start:stop] for start, stop in itertools.pairwise(edges)]
    assert check(chunks, model=MINI).as_dict() == whole
    assert whole["sha256"] == hashlib.sha256(data).hexdigest()
    assert whole["bytes"] == len(data)


@given(st.binary(max_size=300))
def test_random_bytes_never_end_the_check(data: bytes) -> None:
    report = check([data], model=MINI)
    json.dumps(report.as_dict()).encode()
    assert report.bytes == len(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = ["role", "content", "name", "weight", "refusal", "tool_calls", "tool_call_id", "function_call", "type", "text"]
KEYS += ["function", "arguments", "id", "image_url", "url", "detail", "x"]
WORDS = [
    "system",
    "user",
    "assistant",
    "tool",
    "function",
    "developer",
    "text",
    "image_url",
    "{}",
    "f",
    "",
    "https://a",
]
near_values = st.recursive(
    st.none() | st.integers(0, 2) | st.sampled_from(WORDS) | st.just(True),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)
TOP = ["messages", "tools", "functions", "parallel_tool_calls", "prompt", "completion", "input", "preferred_output"]
near_examples = st.dictionaries(st.sampled_from([*TOP, "non_preferred_output"]), near_values, max_size=4)
messages = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(WORDS[:6]), "content": st.sampled_from(["Hi", "", None, "a\x00b", '":"', "\\"])},
        optional={"weight": st.sampled_from([0, 1, 1.0, True, None]), "name": st.sampled_from(["a", None, 1])},
    ),
    max_size=4,
)


@given(st.lists(json_values | near_examples, max_size=3))
def test_random_json_never_ends_the_check(values: list[object]) -> None:
    data = "\n".join(json.dumps(value) for value in values)
    json.dumps(check([data.encode("utf-8", "surrogatepass")], model=MINI).as_dict(), ensure_ascii=False).encode()


@settings(max_examples=300)
@given(messages, st.booleans())
def test_the_fast_path_takes_only_what_the_rules_let_pass(turns: list[dict[str, object]], spaced: bool) -> None:  # noqa: FBT001
    line = json.dumps({"messages": turns}, separators=(", ", " : ") if spaced else (",", ":")).encode()
    # A first line is always judged by the rules, since the format is not known yet.
    slow = check([line], model=None)
    plain = read_plain(line, Format.CHAT)
    if plain is not None:
        assert seen(slow) == []
        twice = check([line, b"\n", line], model=None)
        assert (twice.total_tokens, twice.assistant_tokens) == (2 * slow.total_tokens, 2 * slow.assistant_tokens)
    elif not spaced and seen(slow) == []:
        assert (
            any(
                ("name" in turn and turn["name"] != "a") or turn["content"] is None or turn["role"] == "tool"
                for turn in turns
            )
            or b"weight" in line
        )


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_key_that_stands_twice_is_never_swallowed(first: str, second: str) -> None:
    pair = f'{{"prompt": {json.dumps(first)}, "prompt": {json.dumps(second)}, "completion": "x"}}'.encode()
    assert read_plain(pair, Format.COMPLETION) is None
    assert "duplicate_key" in dict(seen(check([b'{"prompt": "", "completion": "x"}\n', pair], model=None)))
    pair = b'{"prompt" : "a", "completion": "x", "completion": "y"}\n'
    assert "duplicate_key" in dict(seen(check([b'{"prompt": "", "completion": "x"}\n', pair], model=None)))


def test_memory_does_not_grow_with_the_file() -> None:
    block = (GOOD.replace(b"Hi", b"x" * 10_000) + b"\n") * 90

    def peak(blocks: int) -> int:
        tracemalloc.start()
        check((block for _ in range(blocks)), model=None, tokens=False)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert abs(peak(20) - peak(10)) < len(block)
