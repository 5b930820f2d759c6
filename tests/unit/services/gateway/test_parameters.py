"""Query parameters are read or refused by their name."""

from urllib.parse import quote

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from services.gateway import parameters
from shared.wire.errors import ApiError

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(texts | st.integers().map(str))
def test_an_integer_is_in_its_range_or_refused(text: str) -> None:
    request = make_mocked_request("GET", f"/?limit={quote(text)}")
    if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= 1000:
        assert parameters.integer(request, "limit", 20, 1, 1000) == int(text)
        return
    with pytest.raises(ApiError) as refused:
        parameters.integer(request, "limit", 20, 1, 1000)
    assert refused.value.param == "limit"


def test_what_is_left_out_has_its_default() -> None:
    request = make_mocked_request("GET", "/")
    assert parameters.integer(request, "limit", 20, 1, 1000) == 20
    assert parameters.choice(request, "order", ("asc", "desc"), "desc") == "desc"
    assert parameters.metadata(request) == ({}, False)


@given(st.dictionaries(texts, texts, max_size=4))
def test_any_pairs_of_metadata_are_read_as_they_were_sent(pairs: dict[str, str]) -> None:
    query = "&".join(f"{quote(f'metadata[{key}]', safe='')}={quote(value, safe='')}" for key, value in pairs.items())
    assert parameters.metadata(make_mocked_request("GET", f"/?{query}")) == (pairs, False)


@pytest.mark.parametrize("query", ["metadata=null&metadata[a]=b", "metadata=x", "metadata[a]=b&metadata[a]=c"])
def test_filters_that_exclude_each_other_are_refused(query: str) -> None:
    with pytest.raises(ApiError) as refused:
        parameters.metadata(make_mocked_request("GET", f"/?{query}"))
    assert refused.value.param == "metadata"
