"""Which headers a project may add to its webhooks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.endpoints.own_headers import FORBIDDEN, FORBIDDEN_PREFIXES, MOST_BYTES, MOST_HEADERS, check_headers
from shared.errors import Refused


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer x"},
        {"X-Token": "~" * MOST_BYTES},
        {"x-empty": ""},
        {"X-A": "a b", "x-b": "é".encode().hex()},
    ],
)
def test_what_may_be_sent(headers: dict[str, str]) -> None:
    check_headers(headers)


@pytest.mark.parametrize("name", [*sorted(FORBIDDEN), *(f"{prefix}anything" for prefix in FORBIDDEN_PREFIXES)])
@pytest.mark.parametrize("write", [str.lower, str.title], ids=["lower", "title"])
def test_a_forbidden_name_is_so_in_any_case(name: str, write: object) -> None:
    with pytest.raises(Refused, match="may not be set"):
        check_headers({write(name): "x"})  # type: ignore[operator]


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"Host": "x"}, "this name is ours, or said by proxies"),
        ({"X-Amz-Date": "x"}, "names that begin with x-amz- are ours, or said by proxies"),
        ({"X Y": "1"}, "is not a header's name"),
        ({"": "1"}, "is not a header's name"),
        ({"X:": "1"}, "is not a header's name"),
        ({"x\r\nEvil": "1"}, "is not a header's name"),
        ({"x" * 129: "1"}, "is not a header's name"),
        ({"X": "a\r\nEvil: 1"}, "line break"),
        ({"X": "a\nb"}, "line break"),
        ({"X": "a\x00"}, "control character"),
        ({"X": "naïve"}, "not ASCII"),
        ({"X": " padded"}, "begins or ends with a space"),
        ({"X": "a" * (MOST_BYTES + 1)}, "4,097 bytes"),
        ({"X-Token": "1", "x-token": "2"}, "given twice"),
        ({f"x-{n}": "1" for n in range(MOST_HEADERS + 1)}, "has 51 headers"),
    ],
)
def test_what_may_not_is_named(headers: dict[str, str], says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        check_headers(headers)
    assert refused.value.param == "headers"


@given(st.text(max_size=40))
def test_no_value_that_passes_holds_what_could_begin_another_line(value: str) -> None:
    try:
        check_headers({"X": value})
    except Refused:
        return
    assert value.isprintable() or value == ""
    assert value.isascii()
