"""What --fix may do to a file: nothing that changes what an example says, and nothing twice"""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.datasets.fix import Fixing, Mended
from shared.datasets.reading import MAX_LINE_BYTES
from shared.errors import Refused

_TEXT = st.text('aé\u0301e"\\n\r\t\u0303😀{}:,', max_size=8)
_EXAMPLE = st.fixed_dictionaries({"prompt": _TEXT, "completion": _TEXT})


def _fixed(data: bytes) -> tuple[bytes, Fixing]:
    fixing = Fixing([data])
    return b"".join(fixing), fixing


@given(
    st.lists(_EXAMPLE, max_size=6),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
    st.sampled_from([True, False]),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
@example([{"prompt": "a", "completion": "b"}, {"completion": "b", "prompt": "a"}], "\n", True, b"")
@settings(max_examples=80)
def test_a_fixed_file_says_the_same_and_has_nothing_more_to_fix(
    examples: list[dict[str, str]], end: str, escaped: Any, mark: bytes
) -> None:
    text = "".join(json.dumps(one, ensure_ascii=escaped) + end for one in examples)
    copy, first = _fixed(mark + text.encode())

    def composed(one: dict[str, Any]) -> dict[str, Any]:
        return {key: unicodedata.normalize("NFC", value) for key, value in one.items()}

    # The order of keys makes no second example, and the one that is kept is the first, with its own order.
    once: dict[str, str] = {}
    for one in map(composed, examples):
        once.setdefault(json.dumps(one, sort_keys=True), json.dumps(one))
    left = [json.dumps(json.loads(line)) for line in copy.splitlines() if line != b"\xef\xbb\xbf"]
    assert left == list(once.values())
    again, second = _fixed(copy)
    assert (again, second.fixes.counts) == (copy, {})
    assert first.fixes.written == len(copy.splitlines())


def test_what_cannot_be_read_and_what_says_more_is_left_alone() -> None:
    data = b'{"a": nan}\n{"a": nan}\n[1]\n[1]\n{"e\xcc\x81": 1}\n{"x": "\xff"}\n'
    copy, fixing = _fixed(data)
    assert (copy, fixing.fixes.counts) == (data, {})


_PAIR = '{"prompt": "a", "completion": "b"'


@pytest.mark.parametrize(
    "lines",
    [
        (_PAIR + ', "completion": "c"}', '{"prompt": "a", "completion": "c"}'),
        (_PAIR + ', "id": 0.10000000000000000001}', _PAIR + ', "id": 0.10000000000000000002}'),
        (_PAIR + ', "id": 100000000000000000001}', _PAIR + ', "id": 100000000000000000002}'),
        (_PAIR + ', "id": 1e999}', _PAIR + ', "id": 2e999}'),
        (_PAIR + ', "id": 1.5}', _PAIR + ', "id": "1.5"}'),
    ],
)
def test_what_a_decoder_would_take_for_the_same_is_not_removed(lines: tuple[str, str]) -> None:
    data = "".join(line + "\n" for line in lines).encode()
    assert _fixed(data)[0] == data


def test_half_a_pair_beside_what_is_composed_is_copied_as_it_is() -> None:
    data = b'{"prompt": "\\ud800 e\\u0301", "completion": "b"}\n'
    assert _fixed(data)[0] == data


def test_a_line_over_the_limit_cannot_be_fixed() -> None:
    with pytest.raises(Refused, match="line 2 is over"):
        list(Fixing([b"{}\n" + b"x" * (MAX_LINE_BYTES + 1)]))


def test_the_order_of_keys_and_blanks_make_no_second_example() -> None:
    copy, fixing = _fixed(b'{"prompt": "a", "completion": "b"}\n{"completion" : "b","prompt":"a"}\n')
    assert copy == b'{"prompt": "a", "completion": "b"}\n'
    assert fixing.fixes.lines == {Mended.DUPLICATE_EXAMPLE: [2]}
