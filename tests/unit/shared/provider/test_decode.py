"""Whatever a provider's JSON holds, PostgreSQL takes what is left of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.provider.decode import decode, second, whole, words

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec=None)), inner),
)


@given(JSON)
def test_what_is_read_can_be_written_as_jsonb(value: object) -> None:
    text = json.dumps(decode(json.dumps(value).encode()), allow_nan=False)
    # Read back: a backslash and "u0000" as text are harmless, the character is not.
    written = json.dumps(json.loads(text), ensure_ascii=False)
    assert "\\u0000" not in written.replace("\\\\", "")
    written.encode()


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"loss": NaN}', {"loss": None}),  # a training that diverged, from a server in Python
        (b'{"loss": -Infinity}', {"loss": None}),
        (b'{"loss": 1e999}', {"loss": None}),  # legal JSON, infinite as a double
        (rb'"a\u0000b"', "a\ufffdb"),
        (rb'"\ud83d"', "\ufffd"),  # half of a pair, as of a text cut in two
        (rb'"\ud83d\ude00"', "😀"),  # the whole pair is a character
        (rb'{"\u0000": ["\udead"]}', {"\ufffd": ["\ufffd"]}),
    ],
)
def test_what_cannot_be_stored_is_replaced(raw: bytes, value: object) -> None:
    assert decode(raw) == value


def test_json_that_is_nested_without_end_is_none() -> None:
    with pytest.raises(ValueError, match="deep"):
        decode(b"[" * 100_000 + b"]" * 100_000)


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3), ("3", 3), (3.9, 3), (None, None), ("many", None), (True, None), (2**70, None), (float("inf"), None)],
)
def test_a_number_is_one_that_a_bigint_holds(value: object, number: int | None) -> None:
    assert whole(value) == number


@pytest.mark.parametrize(
    ("value", "seconds", "remark"),
    [
        (1746484925, 1746484925, "OpenAI"),
        (1746484925000, 1746484925, "milliseconds, as in JavaScript"),
        (1746484925.75, 1746484925, "a float, as from Python"),
        ("2025-05-05T22:42:05Z", None, "words: not told is better than wrong"),
        (10**18, None, "no instant in any unit"),
        (-5, None, "before time"),
        (None, None, "absent"),
    ],
)
def test_an_instant_is_told_in_seconds(value: object, seconds: int | None, remark: str) -> None:
    assert second(value) == seconds, remark


def test_a_page_in_the_place_of_a_word_is_cut() -> None:
    assert words("x" * 10, 10) == "x" * 10
    assert words("x" * 11, 10) == "x" * 9 + "…"
    assert words({"detail": "no"}, 100) == '{"detail": "no"}'
    assert words(None, 10) is None
