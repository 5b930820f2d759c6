"""What --fix may do to a file: nothing that changes what an example says, and nothing twice"""

import json
import unicodedata
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.datasets.fix import Fixing, Mended

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


def test_the_order_of_keys_and_blanks_make_no_second_example() -> None:
    copy, fixing = _fixed(b'{"prompt": "a", "completion": "b"}\n{"completion":"b","prompt":"a"}\n')
    assert copy == b'{"prompt": "a", "completion": "b"}\n'
    assert fixing.fixes.lines == {Mended.DUPLICATE_EXAMPLE: [2]}
