"""Bodies are read strictly, and refused by the place that is wrong."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.wire.errors import ApiError
from shared.wire.jobs import CreateJob, Hyperparameters
from shared.wire.parse import parse, read_json

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def _refusal(call: Callable[[bytes], object], raw: bytes) -> ApiError | None:
    try:
        call(raw)
    except ApiError as refused:
        return refused
    return None


@given(json_values)
def test_any_json_is_a_job_or_refused_and_never_breaks(value: Any) -> None:
    refused = _refusal(partial(parse, CreateJob), json.dumps(value).encode())
    if refused is None:
        assert value.keys() >= {"model", "training_file"}
    else:
        assert refused.status == 400
        json.dumps(refused.body()).encode()


@given(st.binary())
def test_any_bytes_are_json_or_refused(raw: bytes) -> None:
    refused = _refusal(read_json, raw)
    assert refused is None or (refused.status, refused.code) == (400, "invalid_json")


@pytest.mark.parametrize("given_", [None, "auto"])
def test_a_hyperparameter_that_is_null_is_auto(given_: str | None) -> None:
    assert parse(Hyperparameters, {"n_epochs": given_}).n_epochs == "auto"


def test_every_wrong_field_is_listed() -> None:
    with pytest.raises(ApiError) as refused:
        parse(CreateJob, {"model": 1, "speed": 2})
    assert {detail["param"] for detail in refused.value.details or []} == {"model", "training_file", "speed"}
