"""Models, and asking them: forwarded to the provider as it is, answered as it comes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from shared.models.tables import TunedModel
from shared.settings import Settings
from tests.conftest import open_house, until
from tests.integration.services.gateway.conftest import JSON, MODEL, Api

PATHS = ("/chat/completions", "/completions")
CHUNK = b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[]}\n\n'


@dataclass
class Provider:
    """A provider that answers what the test says, and keeps what it was asked."""

    answer: Any = None
    asked: list[tuple[str, bytes, str]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, await request.read(), request.headers["Authorization"]))
        answered: web.StreamResponse = await self.answer(request)
        return answered


@pytest.fixture
async def provider() -> AsyncIterator[tuple[Provider, TestServer]]:
    scripted = Provider()
    app = web.Application()
    app.router.add_route("POST", "/v1/{path:.*}", scripted.handle)
    server = TestServer(app)
    async with server:
        yield scripted, server


@pytest.fixture
async def before(settings: Settings, provider: tuple[Provider, TestServer]) -> AsyncIterator[Api]:
    """A gateway before the scripted provider."""
    settings.providers["default"].base_url = str(provider[1].make_url("/v1"))
    async with open_house(settings) as house, aiohttp.ClientSession() as session:
        yield Api(house, session, house.key)


async def test_the_request_goes_on_as_it_came_under_our_own_key(
    before: Api, provider: tuple[Provider, TestServer]
) -> None:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"anything": 1}, headers={"X-Secret": "theirs"})

    provider[0].answer = answer
    raw = b'{ "model": "gpt-3.5-turbo", "messages": [{"content": "\\u0000 \\ud800"}], "new_field": 1e5 }'
    answered = await before.call("POST", "/chat/completions", data=raw, headers=JSON)
    assert (answered.status, answered.body) == (200, {"anything": 1})
    assert "x-secret" not in answered.headers
    assert provider[0].asked == [("/v1/chat/completions", raw, "Bearer local")]


async def test_a_stream_arrives_piece_by_piece(before: Api, provider: tuple[Provider, TestServer]) -> None:
    go_on = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(CHUNK)
        await go_on.wait()
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    provider[0].answer = answer
    headers = {"Authorization": f"Bearer {before.key}"}
    asked = {"model": MODEL, "messages": [], "stream": True}
    async with before.session.post(f"{before.house.url}/chat/completions", json=asked, headers=headers) as response:
        assert response.content_type == "text/event-stream"
        assert response.headers["x-request-id"]
        assert await response.content.readuntil(b"\n\n") == CHUNK  # the provider has not sent the rest yet
        go_on.set()
        assert await response.content.read() == b"data: [DONE]\n\n"


async def test_a_stream_that_breaks_off_is_not_passed_for_whole(
    before: Api, provider: tuple[Provider, TestServer]
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(CHUNK)
        assert request.transport is not None
        request.transport.abort()
        return response

    provider[0].answer = answer
    with pytest.raises(aiohttp.ClientPayloadError):
        await before.post("/chat/completions", {"model": MODEL, "messages": [], "stream": True})


@pytest.mark.parametrize(
    ("status", "passed"),
    [(400, 400), (404, 404), (422, 422), (429, 429), (500, 500), (503, 503), (401, 502), (403, 502)],
)
async def test_an_error_of_the_provider_is_passed_on_but_for_one_about_our_key(
    before: Api, provider: tuple[Provider, TestServer], status: int, passed: int
) -> None:
    body = {"error": {"message": "theirs", "type": "t", "param": None, "code": "c"}}

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status, headers={"Retry-After": "7"})

    provider[0].answer = answer
    answered = await before.post("/completions", {"model": "babbage-002", "prompt": "x"})
    assert answered.status == passed
    if passed == status:
        assert answered.body == body
        assert answered.headers["retry-after"] == "7"


async def test_a_provider_that_cannot_be_reached_is_told_as_such(api: Api) -> None:
    for path in PATHS:
        answer = await api.post(path, {"model": MODEL})
        assert (answer.status, answer.error["type"]) == (503, "provider_error")
        assert int(answer.headers["retry-after"]) > 0


async def test_a_provider_that_drops_the_connection_is_told_as_such(
    before: Api, provider: tuple[Provider, TestServer]
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    provider[0].answer = answer
    answered = await before.post("/chat/completions", {"model": MODEL, "messages": []})
    assert (answered.status, answered.error["type"]) == (502, "provider_error")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("model", "status"),
    [(None, 400), ("", 400), (5, 400), ([], 400), ("gpt-9", 404), ("ft:gpt-4o-mini-2024-07-18:org:s:x", 404)],
)
async def test_a_model_that_is_none_goes_nowhere(api: Api, path: str, model: Any, status: int) -> None:
    answer = await api.post(path, {"model": model})
    assert (answer.status, answer.error["param"]) == (status, "model")


async def test_bases_are_shown_by_their_names_and_stay(api: Api) -> None:
    names = [model["id"] for model in (await api.get("/models")).body["data"]]
    assert {"gpt-3.5-turbo-0125", "babbage-002", MODEL} <= set(names)
    assert (await api.get("/models/gpt-3.5-turbo")).body["id"] == "gpt-3.5-turbo"
    assert (await api.get("/models/gpt-9")).error["code"] == "model_not_found"
    for name in (MODEL, "gpt-3.5-turbo"):
        answer = await api.call("DELETE", f"/models/{name}")
        assert (answer.status, answer.error["param"]) == (403, "model")


async def test_a_tuned_model_is_its_projects_alone_and_is_gone_when_deleted(own: Api) -> None:
    job_id = (await own.job(suffix="mine")).id
    await own.house.start_worker()

    async def name_of() -> str | None:
        found = (await own.get(f"/fine_tuning/jobs/{job_id}")).body["fine_tuned_model"]
        return str(found) if found else None

    name = await until(name_of)
    final = await own.post(f"/fine_tuning/jobs/{job_id}/cancel")
    assert (final.status, final.error["code"], final.headers["x-should-retry"]) == (409, "job_already_final", "false")
    for path in (f"/models/{name}", f"/models/{name.replace(':', '%3A')}"):
        assert (await own.get(path)).body["id"] == name
    stranger = await own.with_key("admin", project="proj_other")
    asked = {"model": name, "messages": [{"role": "user", "content": "What is 3 plus 3?"}]}
    assert (await own.post("/chat/completions", asked)).status == 200
    for refused in (
        await stranger.get(f"/models/{name}"),
        await stranger.call("DELETE", f"/models/{name}"),
        await stranger.post("/chat/completions", asked),
        await stranger.post("/completions", {"model": name, "prompt": "x"}),
        await stranger.job(model=name),
    ):
        assert (refused.status, refused.error["code"]) == (404, "model_not_found")
    assert name not in [model["id"] for model in (await stranger.get("/models")).body["data"]]
    assert (await own.get("/models")).body["data"][0]["owned_by"] == "proj_default"
    assert (await own.call("DELETE", f"/models/{name}")).body == {"id": name, "object": "model", "deleted": True}
    for gone in (
        await own.get(f"/models/{name}"),
        await own.call("DELETE", f"/models/{name}"),
        await own.job(model=name),
    ):
        assert gone.status == 404
    assert (await own.post("/chat/completions", asked)).error["code"] == "model_not_found"
    await _its_checkpoints_stay_until_they_are_deleted_themselves(own, job_id, name)


async def _its_checkpoints_stay_until_they_are_deleted_themselves(own: Api, job_id: str, deleted: str) -> None:
    assert (await own.get(f"/fine_tuning/jobs/{job_id}")).body["fine_tuned_model"] == deleted
    listed = (await own.get(f"/fine_tuning/jobs/{job_id}/checkpoints")).body
    checkpoint = next(one["fine_tuned_model_checkpoint"] for one in listed["data"] if "ckpt" in str(one))
    asked = {"model": checkpoint, "messages": [{"role": "user", "content": "What is 3 plus 3?"}]}
    assert (await own.post("/chat/completions", asked)).status == 200
    assert (await own.call("DELETE", f"/models/{checkpoint}")).body["deleted"] is True
    assert (await own.post("/chat/completions", asked)).error["code"] == "model_not_found"
    assert (await own.get(f"/fine_tuning/jobs/{job_id}/checkpoints")).body == listed


async def test_a_model_of_a_provider_that_left_the_settings_is_explained(own: Api) -> None:
    job_id, name = (await own.job()).id, f"ft:{MODEL}:o::1"
    async with own.house.runtime.begin() as session:
        session.add(
            TunedModel(
                id=name, project_id="proj_default", job_id=job_id, provider="gone", base_model=MODEL, readiness="ready"
            )
        )
    answer = await own.post("/chat/completions", {"model": name})
    assert answer.status == 503
    assert "TUNEYARD_PROVIDERS__GONE__BASE_URL" in answer.error["message"]
