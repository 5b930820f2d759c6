"""What the lines of a file do alike is seen over the whole file, wherever it is cut into blocks"""

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.datasets.checks.findings import Findings
from shared.datasets.quality.habits import _common
from tests.unit.shared.datasets.quality.examples import Example, found, in_blocks, judged, pair, said, sketched

CODES = {"pair_separator", "pair_blank", "pair_stop", "grader_key_varies"}


def graded(**keys: Any) -> Example:
    return {"messages": [{"role": "user", "content": "What is the answer?"}], **keys}


def codes(examples: list[Example]) -> list[tuple[str, int | None]]:
    return [entry for entry in found(examples) if entry[0] in CODES]


@pytest.mark.parametrize(
    ("examples", "expected", "remark"),
    [
        ([pair("a ->", " b.\n"), pair("c ->", " d.\n")], [], "as they should be"),
        ([pair("a", "b")], [], "one pair has no habit"),
        ([pair("a?", " b."), pair("c?", "\td.")], [], "any blank, and any common end"),
        ([pair("", " a"), pair("", " b")], [], "nothing is asked, so nothing parts and nothing stops"),
        ([pair("a", " b."), pair("", " d.")], [], "of one prompt no habit is told"),
        ([pair("a", "b"), pair("c", "d")], ["pair_separator", "pair_blank", "pair_stop"], "none of it"),
        ([pair(f"{n} ->", " yes" if n % 2 else " no") for n in range(9)], [], "labels need no stop"),
        ([graded(answer=1), graded(answer=2)], [], "the same key"),
        ([graded(answer=1), graded(answer=2, tools=[])], [], "no grader's key"),
    ],
)
def test_what_pairs_and_graded_lines_lack(examples: list[Example], expected: list[str], remark: str) -> None:
    assert codes(examples) == [(code, None) for code in expected], remark


def test_a_key_that_varies_is_told_with_how_often_and_where_first_it_lacks() -> None:
    lines = [graded(answer=1, unit="m"), graded(answer=2), graded(answer=3, unit="s"), graded(solution=4, unit="m")]
    assert codes(lines) == [("grader_key_varies", 1), ("grader_key_varies", 2), ("grader_key_varies", 4)]
    assert (
        '"unit" stands in 3 of 4 lines, not here'
        in said([*lines[:3], graded(answer=1, unit="")], "grader_key_varies").message
    )


def test_keys_without_end_are_not_all_told() -> None:
    lines = [graded(**{f"key{n}": 1}) for n in range(1500)]
    assert codes(lines) == [("grader_key_varies", None)]
    assert "over 1,000 keys" in said(lines, "grader_key_varies").message
    assert in_blocks(lines, range(0, 1500, 70))[1].listed() == judged(lines)[1].listed()


def test_of_a_long_key_no_more_is_kept_than_tells_it_from_others() -> None:
    lines = [graded(**{f"key{n}" + "x" * 100_000: 1}) for n in range(20)]
    assert len(pickle.dumps(sketched(lines, Findings()).habits)) < 20_000
    assert [code for code, _ in codes(lines)] == ["grader_key_varies"] * 20


@given(
    st.lists(st.sampled_from([pair("a ->", " b END"), pair("c ->", "d END"), pair("", " e"), pair("f", " g")])),
    st.lists(st.sampled_from([graded(a=1), graded(a=1, b=2), graded(b=1), graded(c=1, a=2)])),
    st.data(),
)
def test_where_the_file_is_cut_makes_no_difference(
    pairs: list[Example], lines: list[Example], data: st.DataObject
) -> None:
    for examples in (pairs, lines):
        cuts = data.draw(st.lists(st.integers(0, len(examples))))
        assert in_blocks(examples, cuts)[1].listed() == judged(examples)[1].listed()


@given(st.lists(st.text("ab", max_size=60), min_size=1))
def test_the_common_end_is_the_longest(texts: list[str]) -> None:
    known = None
    for text in texts:
        known = _common(known, text)
    assert known is not None
    longest = max(
        at for at in range(41) if at <= min(map(len, texts)) and len({text[len(text) - at :] for text in texts}) == 1
    )
    assert len(known) == longest
