"""A project's policy: stored, shown, and what its files are checked by"""

import asyncio
from typing import Any

import pytest

from tests.conftest import chats, until
from tests.integration.services.gateway.conftest import Api


async def test_a_project_has_its_own_policy_and_its_files_are_checked_by_it(own: Api) -> None:
    other = await own.with_key("admin", project="proj_other")
    assert (await own.get("/dataset_policy")).body == {
        "object": "dataset.policy", "codes": {}, "thresholds": {}, "updated_at": None
    }  # fmt: skip
    policy = {"codes": {"blank_line": "error"}, "thresholds": {"advised_examples": 12}}
    stored = (await own.call("PUT", "/dataset_policy", json=policy)).body
    assert (stored["codes"], stored["thresholds"]) == (policy["codes"], policy["thresholds"])
    assert (await own.get("/dataset_policy")).body == stored
    assert (await other.get("/dataset_policy")).body["codes"] == {}
    content = chats(12) + b"\n"
    files = [(api, (await api.upload(content)).id) for api in (own, other)]
    await own.house.start_worker()

    async def statuses() -> list[str] | None:
        found = [(await api.get(f"/files/{file_id}")).body["status"] for api, file_id in files]
        return None if "uploaded" in found else found

    assert await until(statuses) == ["error", "processed"]
    report = (await own.get(f"/files/{files[0][1]}/report")).body
    assert (report["policy"], "few_examples" in report["findings_by_code"]) == (policy, False)
    cleared = (await own.call("PUT", "/dataset_policy", json={})).body
    assert (cleared["codes"], cleared["thresholds"]) == ({}, {})


async def test_of_policies_put_at_once_one_stands(own: Api) -> None:
    answers = await asyncio.gather(
        *(own.call("PUT", "/dataset_policy", json={"thresholds": {"advised_examples": 12 + each}}) for each in range(8))
    )
    assert {answer.status for answer in answers} == {200}
    assert (await own.get("/dataset_policy")).body in [answer.body for answer in answers]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ([], None),
        ({"code": {}}, "code"),
        ({"codes": {"blank_lines": "off"}}, "codes.blank_lines"),
        ({"codes": {"blank_line": "fatal"}}, "codes.blank_line"),
        ({"codes": {"invalid_json": "off"}}, "codes.invalid_json"),
        ({"thresholds": {"advised_examples": 0}}, "thresholds.advised_examples"),
    ],
)
async def test_a_policy_that_cannot_be_used_is_refused_with_what_was_meant(api: Api, body: Any, param: str) -> None:
    answer = await api.call("PUT", "/dataset_policy", json=body)
    assert (answer.status, answer.error["param"]) == (400, param), answer.raw
    reader = await api.with_key("files:read")
    assert (await reader.call("PUT", "/dataset_policy", json={})).status == 403
