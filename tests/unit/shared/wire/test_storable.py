"""What UTF-8 and PostgreSQL can hold, and where in a body stands what they cannot."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.wire.storable import first_unstorable, is_storable, made_storable


@given(st.text(alphabet=st.characters()))
def test_what_is_storable_survives_utf_8_and_holds_no_nul_and_all_else_is_made_so(text: str) -> None:
    try:
        survives = "\x00" not in text.encode().decode()
    except UnicodeEncodeError:
        survives = False
    assert is_storable(text) == survives
    assert is_storable(made_storable(text))
    assert (made_storable(text) == text) == survives


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({}, None),
        ({"a": ["b", {"c": "d"}]}, None),
        ("\x00", ""),
        ({"\x00": 1}, ""),
        ({"a": "\ud800"}, "a"),
        ({"a": {"\udfff": 1}}, "a"),
        ({"a": [0, {"b": "x\x00"}]}, "a.1.b"),
    ],
)
def test_the_place_of_what_cannot_be_stored_is_told(data: Any, place: str | None) -> None:
    assert first_unstorable(data) == place


def test_the_deepest_json_there_is_can_be_looked_through() -> None:
    data: Any = "\x00"
    for _ in range(100_000):
        data = [data]
    found = first_unstorable(data)
    assert found is not None and found.count(".") == 99_999
