"""A POST with an Idempotency-Key happens once."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.integration.services.gateway.conftest import MODEL, Api


def _stored(api: Api) -> set[Path]:
    root = Path(unquote(urlsplit(api.house.runtime.settings.storage_url).path))
    return {path for path in root.rglob("*") if path.is_file() and path.name != ".probe"}


async def _jobs(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get("/fine_tuning/jobs?limit=1000")).body["data"]
    return found


async def test_the_same_request_again_gets_the_first_answer(api: Api) -> None:
    asked = {"training_file": (await api.upload()).id, "model": MODEL}
    before, key = len(await _jobs(api)), {"Idempotency-Key": "first"}
    first = await api.post("/fine_tuning/jobs", asked, headers=key)
    again = await api.post("/fine_tuning/jobs", asked, headers=key)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.body == first.body
    assert len(await _jobs(api)) == before + 1
    assert (await api.post("/fine_tuning/jobs", asked)).id != first.id


async def test_another_body_or_path_with_the_key_is_refused(api: Api) -> None:
    asked = {"training_file": (await api.upload()).id, "model": MODEL}
    key = {"Idempotency-Key": "other"}
    await api.post("/fine_tuning/jobs", asked, headers=key)
    for path, body in (("/fine_tuning/jobs", {**asked, "seed": 1}), ("/api_keys", {"name": "n", "scopes": ["admin"]})):
        answer = await api.post(path, body, headers=key)
        assert (answer.status, answer.error["code"]) == (422, "idempotency_key_reused")


async def test_two_requests_at_once_make_one_job(api: Api) -> None:
    asked = {"training_file": (await api.upload()).id, "model": MODEL}
    before, key = len(await _jobs(api)), {"Idempotency-Key": "at once"}
    answers = await asyncio.gather(*(api.post("/fine_tuning/jobs", asked, headers=key) for _ in range(6)))
    assert len({answer.id for answer in answers}) == 1
    assert len(await _jobs(api)) == before + 1


async def test_a_refusal_does_not_use_the_key_up(api: Api) -> None:
    key = {"Idempotency-Key": "refused"}
    assert (await api.post("/fine_tuning/jobs", {"model": MODEL}, headers=key)).status == 400
    asked = {"training_file": (await api.upload()).id, "model": MODEL}
    assert (await api.post("/fine_tuning/jobs", asked, headers=key)).status == 200


async def test_a_key_belongs_to_its_project(api: Api) -> None:
    other = await api.with_key("admin", project="proj_keys")
    key = {"Idempotency-Key": "shared"}
    mine, theirs = [(await one.upload(headers=key)).id for one in (api, other)]
    assert mine != theirs


async def test_an_upload_with_a_key_makes_one_file_and_keeps_one_copy(api: Api) -> None:
    before, key = _stored(api), {"Idempotency-Key": "upload"}
    first = await api.upload(headers=key)
    again = await api.upload(headers=key)
    assert (again.id, again.headers["idempotent-replayed"]) == (first.id, "true")
    assert len(_stored(api) - before) == 1
    both = await asyncio.gather(*(api.upload(headers={"Idempotency-Key": "uploads"}) for _ in range(2)))
    assert both[0].id == both[1].id
    assert len(_stored(api) - before) == 2
    other = await api.upload(b"{}\n", headers=key)
    assert (other.status, other.error["code"]) == (422, "idempotency_key_reused")
    assert len(_stored(api) - before) == 2
    assert (await api.get(f"/files/{first.id}/content")).status == 200


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_a_key_of_no_or_too_many_characters_is_refused(api: Api, key: str) -> None:
    asked = {"name": "n", "scopes": ["admin"]}
    answer = await api.post("/api_keys", asked, headers={"Idempotency-Key": key})
    assert answer.status == 400


async def test_a_key_of_bytes_that_are_no_text_is_refused(api: Api) -> None:
    body = b'{"name": "n", "scopes": ["admin"]}'
    head = "POST /v1/api_keys HTTP/1.1\r\nContent-Type: application/json"
    answer = await api.raw(head, body, more=b"Idempotency-Key: \xff\xfe\r\n")
    assert answer.status == 400
