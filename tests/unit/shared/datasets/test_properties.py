"""What holds of every file: nothing ends the check, parts add up to the whole, lines keep their numbers"""

import gzip
from collections import Counter
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.datasets.checks import CODES
from shared.datasets.formats import Format
from shared.datasets.policy import Policy
from shared.datasets.report import Report, check
from tests.corpus import cases
from tests.fuzz import Fuzzer, hold

_FOLDERS = {"chat", "content", "tools", "pairs", "preference", "reinforcement"}
#: Every line of the corpus that is one whole value by itself, good or bad, and some that are none.
LINES = sorted(
    {line for case in cases() if case.path.parent.name in _FOLDERS for line in case.path.read_bytes().splitlines()}
    | {b'{"a": 1', b"//", b"null", b'{"a": \xe9}', b"a\x00b", b'{"messages": NaN}', b'{"text": "\\ud800"}'}
)
files = st.lists(st.sampled_from(LINES), max_size=8)
Found = Counter[tuple[int, str, str | None, str]]


def report_of(data: bytes, policy: Policy | None = None) -> Report:
    return check([data], model=None, format=Format.CHAT, policy=policy or Policy(), for_validation=True)


def of_lines(report: Report, shift: int = 0) -> Found:
    """What is listed for each line, but for codes of which one entry tells of all."""
    return Counter(
        (one.line + shift, one.code, one.path, one.message)
        for one in report.findings
        if one.line is not None and not CODES[one.code].once
    )


@pytest.mark.parametrize("seed", [2023, 2026])
def test_spoilt_files_of_the_corpus_keep_every_promise(seed: int) -> None:
    for spoilt in islice(Fuzzer(seed), 200):
        hold(spoilt)


@given(files, files)
def test_the_check_of_two_files_in_one_is_their_checks_in_one(first: list[bytes], second: list[bytes]) -> None:
    one, other = (b"".join(line + b"\n" for line in lines) for lines in (first, second))
    both, parts = report_of(one + other), (report_of(one), report_of(other))
    assert of_lines(both) == of_lines(parts[0]) + of_lines(parts[1], shift=len(first))
    assert both.total_tokens == parts[0].total_tokens + parts[1].total_tokens
    assert both.uncertain_tokens == parts[0].uncertain_tokens + parts[1].uncertain_tokens
    assert both.examples == parts[0].examples + parts[1].examples
    counted = Counter(parts[0].findings_by_code) + Counter(parts[1].findings_by_code)
    assert {**both.findings_by_code, "empty_file": 0} == {**counted, "empty_file": 0}


@given(files, st.sampled_from([b"\n", b"\r\n"]), st.booleans(), st.booleans())
def test_lines_keep_their_numbers_under_any_ending_and_packing(
    lines: list[bytes],
    end: bytes,
    is_ended: bool,  # noqa: FBT001
    is_packed: bool,  # noqa: FBT001
) -> None:
    plain = report_of(b"".join(line + b"\n" for line in lines))
    data = end.join(lines) + end * is_ended
    other = report_of(gzip.compress(data) if is_packed and data else data)
    assert of_lines(other) == of_lines(plain)
    assert other.total_tokens == plain.total_tokens


@given(files, st.integers(1, 3))
def test_blank_lines_count_as_lines_and_change_nothing_else(lines: list[bytes], blanks: int) -> None:
    plain, moved = report_of(b"\n".join(lines)), report_of(b"\n" * blanks + b"\n".join(lines))
    assert of_lines(moved) == of_lines(plain, shift=blanks)
    assert moved.findings_by_code.get("blank_line") == blanks


changeable = st.sets(st.sampled_from(sorted(code.name for code in CODES.values() if not code.fixed)))


@given(files, changeable)
def test_a_code_that_is_off_takes_nothing_else_with_it(lines: list[bytes], off: set[str]) -> None:
    data = b"\n".join(lines)
    told, less = report_of(data), report_of(data, Policy(codes=dict.fromkeys(off)))
    assert less.findings_by_code == {code: n for code, n in told.findings_by_code.items() if code not in off}
    assert less.total_tokens >= told.total_tokens, "what is no error any more is counted"
