"""What is read at once is what JSON says, and no oddity is swallowed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.datasets.formats import DEEPEST, Declared, read_object_at_once
from shared.datasets.report import check

TOOL = '{"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {"type": "string"}}}}}'
CALL = '{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}'
TALK = '[{"role": "user", "content": "Hi"}, {"role": "assistant", "tool_calls": [%s]}]' % CALL  # noqa: UP031 (braces)
LINE = '{"messages": ' + TALK + ', "tools": [' + TOOL + "]}"
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text('a":\\,é\x00{', max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "tools", '":', ""]), inner),
    max_leaves=8,
)
examples = st.fixed_dictionaries(
    {}, optional={"messages": values, "tools": values, "parallel_tool_calls": values, "x": values}
)


@given(examples, st.booleans(), st.sampled_from([(", ", ": "), (",", ":"), (" , ", " : ")]))
def test_an_object_is_read_as_json_reads_it_or_left_to_the_checks(
    example: dict[str, Any],
    ascii_: bool,  # noqa: FBT001
    separators: tuple[str, str],
) -> None:
    found = read_object_at_once(json.dumps(example, ensure_ascii=ascii_, separators=separators).encode())
    assert found is None or found == example


_written = st.tuples(
    st.sampled_from(["a", "b", "a\\", 'a"', '":']),
    st.sampled_from(["", "", " ", "\t", "\r ", "  "]),
    st.text('":\\ ', max_size=4),
)


@given(st.lists(_written, min_size=2, max_size=5))
def test_a_key_that_stands_twice_is_left_to_the_checks_whatever_stands_before_a_colon(
    pairs: list[tuple[str, str, str]],
) -> None:
    line = "{" + ",".join(f"{json.dumps(key)}{blank}:{json.dumps(text)}" for key, blank, text in pairs) + "}"
    found = read_object_at_once(line.encode())
    assert found is None or len(found) == len(pairs)


def test_json_within_json_is_read_at_once_and_a_key_twice_beside_it_is_not() -> None:
    deep = json.dumps(json.dumps({"a": json.dumps({"b": json.dumps({"c\\": ""})})}))
    line = LINE.replace('"{}"', deep)
    assert read_object_at_once(line.encode()) == json.loads(line)
    assert read_object_at_once(line.replace('"content"', '"role": "user", "content"').encode()) is None


@pytest.mark.parametrize(
    ("line", "remark"),
    [
        (LINE.replace('"name": "f", "p', '"name": "f", "name": "f", "p'), "a key twice in the tools"),
        (LINE.replace('"content"', '"role": "user", "content"'), "a key twice beside them"),
        (LINE[:-1] + ', "tools": []}', "tools twice"),
        (LINE.replace('"string"', '"\\u0000"'), "a NUL"),
        (LINE.replace('"string"', '"\\ud800"'), "half a pair"),
        (LINE.replace('"string"', "1" * 25), "a large number"),
        (LINE.replace('"string"', "1" * 25).replace('"role":', '"role" :'), "one, and a blank that hides a key"),
        (LINE.replace('"string"', "[" * DEEPEST + "]" * DEEPEST), "nested too deep"),
        (LINE + LINE, "two objects"),
    ],
)
def test_oddities_of_lines_with_tools_are_left_to_the_checks(line: str, remark: str) -> None:
    for _ in range(2):  # what is kept of the first time changes nothing
        assert read_object_at_once(line.encode()) is None, remark


def test_the_same_tools_are_read_once_and_found_right_or_wrong_each_time() -> None:
    first, second = (read_object_at_once(LINE.encode()) for _ in range(2))
    assert first is not None and second is not None
    assert isinstance(first["tools"], Declared) and first["tools"] is second["tools"]
    wrong = LINE.replace('"name": "f", "p', '"name": "not a name", "p')
    report = check([(LINE + "\n" + wrong + "\n").encode() * 30], model=None)
    assert report.findings_by_code["function_name_invalid"] == 30
    assert report.examples == 60
    assert report.total_tokens % 30 == 0
