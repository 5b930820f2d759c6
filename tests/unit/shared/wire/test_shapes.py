"""Lists, ids and bodies without nulls, as OpenAI's specification has them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.wire import ids
from shared.wire.files import File
from shared.wire.jobs import JobEvent
from shared.wire.lists import page
from tests.schema_check import check_webhook, conform

FILE: dict[str, Any] = {
    "id": "file-1", "bytes": 1, "created_at": 1, "filename": "a", "purpose": "fine-tune", "status": "error",
}  # fmt: skip


def test_a_file_leaves_out_what_it_does_not_have() -> None:
    assert "status_details" not in File(**FILE).model_dump(mode="json")
    assert "expires_at" not in File(**FILE).model_dump_json()
    assert File(**FILE, status_details="line 3").model_dump()["status_details"] == "line 3"


def test_an_event_has_data_or_does_not() -> None:
    event: dict[str, Any] = {"id": "ftevent-1", "created_at": 1, "level": "info", "message": "m"}
    assert "data" not in JobEvent(**event).model_dump()
    assert JobEvent(**event, data={"step": None}).model_dump()["data"] == {"step": None}


def test_the_ends_of_a_list_are_its_ids() -> None:
    assert page([{"id": "a"}, {"id": "b"}], has_more=True)["first_id"] == "a"
    assert page([{"id": "a"}, {"id": "b"}], has_more=True)["last_id"] == "b"
    assert page([], has_more=False)["last_id"] is None
    assert page([], has_more=False, no_id="")["first_id"] == ""
    assert "first_id" not in page([], has_more=False, with_ends=False)


@given(st.integers(min_value=2, max_value=200))
def test_ids_sort_in_the_order_they_were_made(count: int) -> None:
    made = [ids.new("file-") for _ in range(count)]
    assert made == sorted(set(made))


@pytest.mark.parametrize("kind", ["succeeded", "failed", "cancelled"])
def test_a_webhook_is_held_against_its_own_schema(kind: str) -> None:
    payload = {"id": "evt_1", "type": f"fine_tuning.job.{kind}", "created_at": 1, "data": {"id": "ftjob-1"}}
    check_webhook(payload)
    with pytest.raises(AssertionError, match="'id' is a required property"):
        check_webhook({**payload, "data": {}})


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("OpenAIFile", {**FILE, "object": "file", "status_details": None}),
        ("ErrorResponse", {"error": {"message": "m", "type": "t", "param": None}}),
        ("ListFilesResponse", {"object": "list", "data": [], "has_more": False, "first_id": None, "last_id": None}),
    ],
)
def test_the_check_can_fail(schema: str, value: Any) -> None:
    with pytest.raises(AssertionError, match=schema):
        conform(schema, value, "here")
