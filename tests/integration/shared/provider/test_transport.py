"""What a server may answer, and which of our three errors each becomes: none other ever leaves the border."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from importlib.metadata import version

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from shared.errors import ProviderBusy, ProviderRefused, ProviderUnclear
from tests.integration.shared.provider.server import NEW, Handler, as_bytes, as_json, error, opened, serving


async def _silent(_request: web.Request) -> web.Response:
    await asyncio.sleep(5)
    return web.Response()


async def _cut(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _half(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b'{"id": ')
    assert request.transport is not None
    request.transport.close()
    return response


@pytest.mark.parametrize(
    ("handler", "expected", "remark"),
    [
        (as_json(error("rate_limit_exceeded"), 429), ProviderBusy, "a definite no, for now"),
        (as_json(error("insufficient_quota"), 429), ProviderRefused, "no waiting pays a bill"),
        (as_json(error(None), 500), ProviderUnclear, "it may have acted"),
        (as_json(error(None), 502), ProviderUnclear, "an edge does not know either"),
        (as_json(error(None), 408), ProviderUnclear, "it stopped reading, perhaps after enough"),
        (as_json(error("invalid_file"), 400), ProviderRefused, "it will say the same tomorrow"),
        (
            as_json(error(None, "File is not ready to be used. Try again."), 400),
            ProviderBusy,
            "but for this (facts 2.1)",
        ),
        (as_json(error(None), 404), ProviderRefused, "not there"),
        (as_bytes(b"<html>Bad Gateway</html>", 502), ProviderUnclear, "no JSON at all"),
        (as_bytes(b"<html>Forbidden</html>", 403), ProviderRefused, "no JSON at all"),
        (as_json({"error": "a bare text"}, 400), ProviderRefused, "as some servers have it"),
        (as_bytes(b"", 400), ProviderRefused, "nothing at all"),
        (as_bytes(b"ok"), ProviderUnclear, "a yes that names nothing"),
        (as_bytes(b"[1]"), ProviderUnclear, "JSON of another shape"),
        (as_json({"status": "queued"}), ProviderUnclear, "a job without an id"),
        (as_bytes(b"[" * 100_000), ProviderUnclear, "JSON without an end"),
        (as_bytes(b"", 302), ProviderRefused, "a redirected POST would come back as a GET"),
        (_silent, ProviderUnclear, "no answer in time"),
        (_cut, ProviderUnclear, "the connection broke"),
        (_half, ProviderUnclear, "the answer broke off"),
    ],
)
async def test_what_an_answer_to_a_creating_call_means(
    handler: Handler, expected: type[Exception], remark: str
) -> None:
    async with serving(handler) as provider:
        with pytest.raises(expected) as told:
            await provider.create_job(NEW)
        assert type(told.value) is expected, remark
        assert str(told.value)


async def test_a_server_that_is_not_there_has_surely_done_nothing() -> None:
    async with opened(f"http://127.0.0.1:{unused_port()}/v1") as provider:
        with pytest.raises(ProviderBusy, match="cannot be reached"):
            await provider.create_job(NEW)


@asynccontextmanager
async def _deaf() -> AsyncIterator[str]:
    """Yield the address of a server that completes no connection: its queue is full, and nobody takes from it."""
    with ExitStack() as held:
        server = held.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(2):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


async def test_a_server_that_lets_nobody_connect_has_surely_done_nothing() -> None:
    async with _deaf() as url, opened(url) as provider:
        with pytest.raises(ProviderBusy, match="cannot be reached"):
            await provider.create_job(NEW)
        with pytest.raises(ProviderBusy, match="cannot be reached"):
            await provider.upload("f", _nothing(), 0)
        with pytest.raises(ProviderBusy, match="cannot be reached"):
            async with provider.http.raw("POST", "/chat/completions", data=b"{}"):
                pass


async def test_a_refusal_tells_reason_code_and_param_and_the_reason_has_an_end() -> None:
    body = {"error": {"message": "No\u0000 such " + "x" * 10_000, "code": "training_not_available", "param": "model"}}
    async with serving(as_json(body, 403)) as provider:
        with pytest.raises(ProviderRefused, match=r"^No\ufffd such x") as told:
            await provider.create_job(NEW)
    assert (told.value.code, told.value.param, told.value.provider_status) == ("training_not_available", "model", 403)
    assert len(str(told.value)) == 2000


async def test_retry_after_comes_along() -> None:
    async with serving(as_json(error(None), 429, **{"Retry-After": "7"})) as provider:
        with pytest.raises(ProviderBusy) as told:
            await provider.job("j")
    assert told.value.retry_after == 7


async def test_an_answer_that_comes_in_pieces_is_read_whole() -> None:
    body = json.dumps({"id": "ftjob-1", "status": "queued", "padding": "x" * 300_000}).encode()

    async def slowly(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for start in range(0, len(body), 50_000):
            await response.write(body[start : start + 50_000])
            await asyncio.sleep(0.01)
        return response

    async with serving(slowly) as provider:
        assert (await provider.job("ftjob-1")).id == "ftjob-1"


async def test_a_provider_is_told_who_calls_and_in_which_version() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"id": "j", "status": request.headers["User-Agent"]})

    async with serving(answer) as provider:
        assert (await provider.job("j")).status == f"Tuneyard/{version('tuneyard')}"


async def test_told_of_another_job_than_it_asked_for_it_believes_nothing() -> None:
    other = {"id": "ftjob-other", "status": "succeeded", "fine_tuned_model": "ft:m:another-tenant"}
    async with serving(as_json(other)) as provider:
        with pytest.raises(ProviderUnclear, match=r"asked for the job ftjob-ours and told of ftjob-other"):
            await provider.job("ftjob-ours")
        assert (await provider.job("ftjob-other")).status == "succeeded"


@pytest.mark.parametrize("found", [None, "", {}, ["x"], True, "x" * 513])
async def test_what_is_no_id_is_an_answer_that_says_nothing(found: object) -> None:
    async with serving(as_json({"id": found})) as provider:
        with pytest.raises(ProviderUnclear, match="id: expected"):
            await provider.create_job(NEW)


async def test_an_answer_longer_than_any_of_the_api_is_not_read_to_its_end() -> None:
    sent = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"id": "j", "padding": "')
        for _ in range(64):
            await response.write(b"x" * 2**20)
            sent += 1
        await response.write(b'"}')
        return response

    async with serving(flood) as provider:
        with pytest.raises(ProviderUnclear, match="more than 4194304 bytes"):
            await provider.job("j")
    assert sent < 32


@pytest.mark.parametrize(("length", "threads"), [(1000, 0), (300_000, 1)])
def test_a_long_answer_is_read_in_a_thread_while_the_loop_goes_on(length: int, threads: int) -> None:
    async def ask() -> set[int]:
        # Of a loop of its own: nothing else has given it work.
        asyncio.get_running_loop().set_default_executor(executor := ThreadPoolExecutor(1, "beside_the_loop"))
        async with serving(as_json({"id": "j", "padding": "x" * length})) as provider:
            await provider.job("j")
        found = {each.native_id or 0 for each in threading.enumerate() if each.name.startswith("beside_the_loop")}
        executor.shutdown()
        return found

    assert len(asyncio.run(ask())) == threads


async def test_what_is_not_there_is_deleted_already_and_what_is_forbidden_is_not() -> None:
    async with serving(as_json(error(None), 404)) as provider:
        await provider.delete_file("f")
        await provider.delete_model("ft:a/b:c")
    async with serving(as_json(error(None), 403)) as provider:
        with pytest.raises(ProviderRefused):
            await provider.delete_file("f")
