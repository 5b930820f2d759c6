"""Elements are cut out of an array wherever its bytes happen to be read apart."""

import io
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.datasets.convert.rows import Row
from shared.datasets.convert.sources import json_values
from shared.datasets.convert.sources.json_values import read_values

_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab"\\{}[],:\n é😀'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('k"\\{', max_size=3), inner, max_size=3),
    max_leaves=8,
)
_RECORDS = st.lists(st.dictionaries(st.text("xyz", min_size=1), _VALUES, max_size=3), max_size=4)


@given(
    records=_RECORDS,
    indent=st.none() | st.just(1),
    chunk=st.integers(1, 9),
    encoding=st.sampled_from(["ascii", "utf-8"]),
)
@settings(max_examples=60)
def test_every_element_comes_out_whole(
    records: list[dict[str, Any]], indent: int | None, chunk: int, encoding: str
) -> None:
    text = json.dumps(records, indent=indent, ensure_ascii=encoding == "ascii").encode()
    before, json_values._CHUNK = json_values._CHUNK, chunk
    try:
        found = list(read_values(io.BytesIO(text)))
    finally:
        json_values._CHUNK = before
    assert found == [Row(number, record) for number, record in enumerate(records, start=1)]


def test_objects_one_after_the_other_are_elements_too() -> None:
    given_ = b'{"a": 1}\n{"b":\n {"c": "}"}} {"d": []}'
    assert [row.record for row in read_values(io.BytesIO(given_))] == [{"a": 1}, {"b": {"c": "}"}}, {"d": []}]


def test_lines_that_end_in_a_comma_are_elements_without_it() -> None:
    found = list(read_values(io.BytesIO(b'{"a": 1},\n{"a": ","} , {"a": 3},\n')))
    assert [row.record for row in found] == [{"a": 1}, {"a": ","}, {"a": 3}]
