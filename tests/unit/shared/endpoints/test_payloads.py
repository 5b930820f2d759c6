"""The bytes that tell of an event."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.endpoints.payloads import render

AT = datetime(2024, 11, 19, 7, 6, 40, tzinfo=UTC)


def _render(at: datetime = AT, **data: object) -> bytes:
    return render(event_id="evt_1", event_type="file.processed", created_at=at, sequence=3, data=data).full


def test_the_bytes_are_compact_and_in_this_order() -> None:
    assert (
        _render(id="file-1", note="naïve")
        == (
            '{"id":"evt_1","object":"event","created_at":1732000000,"type":"file.processed",'
            '"timestamp":"2024-11-19T07:06:40Z","sequence":3,"data":{"id":"file-1","note":"naïve"}}'
        ).encode()
    )


def test_the_thin_bytes_hold_of_the_subject_the_id_alone() -> None:
    bodies = render(event_id="evt_1", event_type="file.processed", created_at=AT, sequence=3, data={"id": "a", "b": 1})
    assert json.loads(bodies.thin) == {**json.loads(bodies.full), "data": {"id": "a"}}


def test_the_timestamp_is_utc_wherever_the_instant_came_from() -> None:
    east = AT.astimezone(timezone(timedelta(hours=9)))
    assert json.loads(_render(east))["timestamp"] == "2024-11-19T07:06:40Z"


def test_a_number_that_json_does_not_have_is_never_sent() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        _render(loss=float("nan"))
