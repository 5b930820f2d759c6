"""Our key at a provider: whatever a server does with it, no tenant reads it."""

import json

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from shared.errors import ProviderError, ProviderRefused
from tests.integration.shared.provider.server import KEY, NEW, Handler, as_json, error, serving


def _echo(status: int, before: str, *, page: bool) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        said = (
            f"{before}You sent {request.headers['Authorization']}, or {KEY}, as {{'key': '{KEY}'}} or sk-abcdefghijkl."
        )
        return web.Response(status=status, text=said if page else json.dumps(error(None, said)))

    return answer


@pytest.mark.parametrize("page", [False, True])
@pytest.mark.parametrize("before", ["", *("x" * n for n in (270, 290, 1970, 1990))])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
async def test_a_server_that_echoes_our_key_tells_it_to_nobody(
    status: int,
    before: str,
    page: bool,  # noqa: FBT001
) -> None:
    async with serving(_echo(status, before, page=page)) as provider:
        with pytest.raises(ProviderError) as told:
            await provider.create_job(NEW)
    everything = f"{told.value} {told.value.code} {told.value.param}"
    assert "sk-abc" not in everything
    assert not any(KEY[start : start + 6] in everything for start in range(len(KEY) - 5))


@pytest.mark.parametrize(
    ("status", "code", "ours", "remark"),
    [
        (401, "invalid_api_key", True, "as documented"),
        (401, None, True, "a server that has no codes: a 401 is about the key"),
        (403, "invalid_api_key", True, "as some have it"),
        (403, "missing_scope", True, "a key that may not do this"),
        (403, "training_not_available", False, "not a better key but another provider helps"),
        (403, None, False, "who knows"),
        (400, "invalid_api_key", False, "no status of a key"),
    ],
)
async def test_a_refusal_of_our_key_is_told_in_our_words(
    status: int,
    code: str | None,
    ours: bool,  # noqa: FBT001
    remark: str,
) -> None:
    with capture_logs() as lines:
        async with serving(as_json(error(code, "Incorrect API key: ope***key"), status)) as provider:
            with pytest.raises(ProviderRefused) as told:
                await provider.job("j")
    assert told.value.provider_status == status
    assert ("Incorrect" not in str(told.value) and "TUNEYARD_PROVIDERS__P__API_KEY" in str(told.value)) is ours, remark
    assert (told.value.code == "provider_key_refused") is ours, remark
    assert ("provider.key_refused" in [line["event"] for line in lines]) is ours, remark


async def test_our_key_in_a_job_s_error_or_an_event_is_told_to_nobody() -> None:
    async def answer(request: web.Request) -> web.Response:
        said = f"{request.headers['Authorization']} {KEY} sk-abcdefghijkl"
        if request.path.endswith("/events"):
            return web.json_response({"data": [{"id": "e", "message": said, "data": {KEY: [said]}}]})
        return web.json_response({"id": "j", "status": "failed", "error": {"code": said, "message": said}})

    async with serving(answer) as provider:
        job, events = await provider.job("j"), await provider.events("j", frozenset())
    assert KEY not in f"{job} {events}"
    assert "sk-abc" not in f"{job} {events[0].message}"
