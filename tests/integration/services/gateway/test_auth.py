"""Who is let in, and to what."""

import pytest

from tests.integration.services.gateway.conftest import Api


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (None, "no header"),
        ("", "an empty one"),
        ("Bearer", "no key"),
        ("Bearer  ", "only a space"),
        ("Basic dHk6dHk=", "another scheme"),
        ("Bearer ty_unknown", "a key that was never given"),
        ("Bearer " + "k" * 7000, "a very long one"),
    ],
)
async def test_a_request_without_a_known_key_is_refused(api: Api, header: str | None, why: str) -> None:
    stranger = Api(api.house, api.session, None)
    answer = await stranger.get("/models", headers={} if header is None else {"Authorization": header})
    assert (answer.status, answer.error["code"]) == (401, "invalid_api_key"), why


async def test_a_key_of_bytes_that_are_no_text_is_unknown(api: Api) -> None:
    answer = await api.raw("GET /v1/models HTTP/1.1", key=b"ty_\xff\xfe")
    assert (answer.status, answer.error["code"]) == (401, "invalid_api_key")


async def test_the_scheme_is_read_in_any_case(api: Api) -> None:
    stranger = Api(api.house, api.session, None)
    assert (await stranger.get("/models", headers={"Authorization": f"bEARER {api.key}"})).status == 200


async def test_a_key_is_shown_once_works_and_is_gone_when_revoked(api: Api) -> None:
    made = (await api.post("/api_keys", {"name": "for the tests", "scopes": ["files:read", "files:read"]})).body
    assert made["scopes"] == ["files:read"]
    reader = Api(api.house, api.session, made["key"])
    assert (await reader.get("/files")).status == 200
    listed = (await api.get("/api_keys")).body["data"]
    assert made["id"] in [key["id"] for key in listed]
    assert all("key" not in key and "hash" not in key for key in listed)
    assert (await api.call("DELETE", f"/api_keys/{made['id']}")).body["deleted"] is True
    assert (await reader.get("/files")).status == 401
    assert (await api.call("DELETE", f"/api_keys/{made['id']}")).status == 404
    assert made["id"] not in [key["id"] for key in (await api.get("/api_keys")).body["data"]]


NEEDED = [
    ("GET", "/files", "files:read"),
    ("POST", "/files", "files:write"),
    ("GET", "/files/file-1", "files:read"),
    ("GET", "/files/file-1/content", "files:read"),
    ("GET", "/files/file-1/report", "files:read"),
    ("DELETE", "/files/file-1", "files:write"),
    ("POST", "/fine_tuning/jobs", "jobs:write"),
    ("GET", "/fine_tuning/jobs", "jobs:read"),
    ("GET", "/fine_tuning/jobs/ftjob-1", "jobs:read"),
    ("GET", "/fine_tuning/jobs/ftjob-1/events", "jobs:read"),
    ("GET", "/fine_tuning/jobs/ftjob-1/checkpoints", "jobs:read"),
    ("POST", "/fine_tuning/jobs/ftjob-1/cancel", "jobs:write"),
    ("GET", "/models", "models:read"),
    ("GET", "/models/ft:x", "models:read"),
    ("DELETE", "/models/ft:x", "models:write"),
    ("POST", "/chat/completions", "inference"),
    ("POST", "/completions", "inference"),
    ("GET", "/api_keys", "admin"),
    ("POST", "/api_keys", "admin"),
    ("DELETE", "/api_keys/key_1", "admin"),
]
SCOPES = {scope for _, _, scope in NEEDED if scope != "admin"}


@pytest.mark.parametrize(("method", "path", "scope"), NEEDED)
async def test_a_key_without_the_scope_is_told_which_it_lacks(api: Api, method: str, path: str, scope: str) -> None:
    others = await api.with_key(*(SCOPES - {scope}))
    answer = await others.call(method, path)
    assert (answer.status, answer.error["code"]) == (403, "insufficient_permissions")
    assert scope in answer.error["message"]
    assert (await (await api.with_key(scope)).call(method, path)).status not in (401, 403)


async def test_another_projects_objects_do_not_exist(api: Api) -> None:
    stranger = await api.with_key("admin", project="proj_other")
    file_id = (await api.upload()).id
    job_id = (await api.job(training_file=file_id)).id
    for method, path in [
        ("GET", f"/files/{file_id}"),
        ("GET", f"/files/{file_id}/content"),
        ("GET", f"/files/{file_id}/report"),
        ("DELETE", f"/files/{file_id}"),
        ("GET", f"/fine_tuning/jobs/{job_id}"),
        ("GET", f"/fine_tuning/jobs/{job_id}/events"),
        ("GET", f"/fine_tuning/jobs/{job_id}/checkpoints"),
        ("POST", f"/fine_tuning/jobs/{job_id}/cancel"),
    ]:
        assert (await stranger.call(method, path)).status == 404, path
    assert (await stranger.job(training_file=file_id)).status == 404
    assert (await stranger.get("/files")).body["data"] == []
    assert (await stranger.get("/fine_tuning/jobs")).body["data"] == []
    first_key = (await api.get("/api_keys")).body["data"][0]["id"]
    assert (await stranger.call("DELETE", f"/api_keys/{first_key}")).status == 404
    assert (await api.get(f"/fine_tuning/jobs/{job_id}")).body["status"] == "validating_files"
