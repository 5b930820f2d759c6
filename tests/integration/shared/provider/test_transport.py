"""What a server may answer, and which of our three errors each becomes: none other ever leaves the border."""

import asyncio
import itertools
import json
import socket
import threading
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from importlib.metadata import version

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from pydantic import SecretStr
from structlog.testing import capture_logs

from shared.errors import ProviderBusy, ProviderError, ProviderRefused, ProviderUnclear
from shared.provider.answers import NewJob
from shared.provider.client import Provider, open_provider
from shared.settings import ProviderSettings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
#: In no form that a mask knows.
KEY = "zq9+Own/kEy7w"
NEW = NewJob("ftjob-ours", "m", "file-1", None, None, None, {})


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[Provider]:
    app = web.Application()
    app.router.add_route("*", "/v1/{path:.*}", handler)
    async with TestServer(app) as server, _open(str(server.make_url("/v1"))) as provider:
        yield provider


def _open(url: str) -> AbstractAsyncContextManager[Provider]:
    return open_provider("p", ProviderSettings(base_url=url, api_key=SecretStr(KEY), timeout_seconds=1))


def _json(body: object, status: int = 200, **headers: str) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=json.dumps(body), content_type="application/json", headers=headers)

    return answer


def _raw(body: bytes, status: int = 200) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=body)

    return answer


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


def _error(code: str | None, message: str = "no") -> dict[str, object]:
    return {"error": {"code": code, "message": message, "type": "x", "param": None}}


@pytest.mark.parametrize(
    ("handler", "expected", "remark"),
    [
        (_json(_error("rate_limit_exceeded"), 429), ProviderBusy, "a definite no, for now"),
        (_json(_error("insufficient_quota"), 429), ProviderRefused, "no waiting pays a bill"),
        (_json(_error(None), 500), ProviderUnclear, "it may have acted"),
        (_json(_error(None), 502), ProviderUnclear, "an edge does not know either"),
        (_json(_error(None), 408), ProviderUnclear, "it stopped reading, perhaps after enough"),
        (_json(_error("invalid_file"), 400), ProviderRefused, "it will say the same tomorrow"),
        (
            _json(_error(None, "File is not ready to be used. Try again."), 400),
            ProviderBusy,
            "but for this (facts 2.1)",
        ),
        (_json(_error(None), 404), ProviderRefused, "not there"),
        (_raw(b"<html>Bad Gateway</html>", 502), ProviderUnclear, "no JSON at all"),
        (_raw(b"<html>Forbidden</html>", 403), ProviderRefused, "no JSON at all"),
        (_json({"error": "a bare text"}, 400), ProviderRefused, "as some servers have it"),
        (_raw(b"", 400), ProviderRefused, "nothing at all"),
        (_raw(b"ok"), ProviderUnclear, "a yes that names nothing"),
        (_raw(b"[1]"), ProviderUnclear, "JSON of another shape"),
        (_json({"status": "queued"}), ProviderUnclear, "a job without an id"),
        (_raw(b"[" * 100_000), ProviderUnclear, "JSON without an end"),
        (_raw(b"", 302), ProviderRefused, "a redirected POST would come back as a GET"),
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
    async with _open(f"http://127.0.0.1:{unused_port()}/v1") as provider:
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
    async with _deaf() as url, _open(url) as provider:
        with pytest.raises(ProviderBusy, match="cannot be reached"):
            await provider.create_job(NEW)
        with pytest.raises(ProviderBusy, match="cannot be reached"):
            await provider.upload("f", _nothing(), 0)
        with pytest.raises(ProviderBusy, match="cannot be reached"):
            async with provider.http.raw("POST", "/chat/completions", data=b"{}"):
                pass


async def test_a_refusal_tells_reason_code_and_param_and_the_reason_has_an_end() -> None:
    body = {"error": {"message": "No\u0000 such " + "x" * 10_000, "code": "training_not_available", "param": "model"}}
    async with serving(_json(body, 403)) as provider:
        with pytest.raises(ProviderRefused, match=r"^No\ufffd such x") as told:
            await provider.create_job(NEW)
    assert (told.value.code, told.value.param, told.value.provider_status) == ("training_not_available", "model", 403)
    assert len(str(told.value)) == 2000


def _echo(status: int, before: str, *, page: bool) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        said = (
            f"{before}You sent {request.headers['Authorization']}, or {KEY}, as {{'key': '{KEY}'}} or sk-abcdefghijkl."
        )
        return web.Response(status=status, text=said if page else json.dumps(_error(None, said)))

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
        async with serving(_json(_error(code, "Incorrect API key: ope***key"), status)) as provider:
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


async def test_retry_after_comes_along() -> None:
    async with serving(_json(_error(None), 429, **{"Retry-After": "7"})) as provider:
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


def _pages(count: int, size: int = 100) -> Handler:
    items = [{"id": f"e{n}", "created_at": n, "message": str(n)} for n in range(count)][::-1]

    async def page(request: web.Request) -> web.Response:
        after = request.query.get("after")
        start = next((n + 1 for n, item in enumerate(items) if item["id"] == after), 0)
        return web.json_response({"data": items[start : start + size], "has_more": start + size < len(items)})

    return page


@pytest.mark.parametrize(("known", "expected"), [([], 250), (["e249"], 0), (["e0"], 249), (["e120"], 129)])
async def test_new_events_are_read_page_by_page_down_to_the_first_known(known: list[str], expected: int) -> None:
    async with serving(_pages(250)) as provider:
        events = await provider.events("j", frozenset(known))
    assert len(events) == expected
    assert [event.created_at for event in events] == sorted(event.created_at for event in events)


async def test_a_server_that_gives_the_same_page_for_ever_is_not_asked_for_ever() -> None:
    body = {"data": [{"id": "ftjob-1"}], "has_more": True}
    async with serving(_json(body)) as provider:
        with pytest.raises(ProviderUnclear, match="same page"):
            await provider.find_jobs("ftjob-ours")


def _endless(**more: object) -> Handler:
    """Answer pages of fresh ids for ever, as many items as were asked for."""
    fresh = itertools.count()

    async def page(request: web.Request) -> web.Response:
        items = [{"id": f"x{next(fresh)}", **more} for _ in range(int(request.query["limit"]) // 10)]
        return web.json_response({"data": items, "has_more": True})

    return page


@pytest.mark.parametrize(
    "ask",
    [
        lambda provider: provider.find_jobs("ftjob-ours"),
        lambda provider: provider.find_files("f"),
        lambda provider: provider.events("j", frozenset()),
        lambda provider: provider.checkpoints("j"),
    ],
)
async def test_a_list_without_an_end_is_not_read_for_ever(ask: Callable[[Provider], Awaitable[object]]) -> None:
    async with serving(_endless(fine_tuned_model_checkpoint="m")) as provider:
        with pytest.raises(ProviderUnclear, match="no end"):
            await ask(provider)


async def test_a_page_with_more_items_than_all_pages_may_have_is_not_taken() -> None:
    items = [{"id": f"x{n}"} for n in range(20_001)]
    async with serving(_json({"data": items, "has_more": False})) as provider:
        with pytest.raises(ProviderUnclear, match="no end"):
            await provider.events("j", frozenset())
    async with serving(_json({"data": items[1:], "has_more": False})) as provider:
        assert len(await provider.events("j", frozenset())) == 20_000


async def test_of_a_list_only_what_was_looked_for_is_kept() -> None:
    async with serving(_endless(padding="x" * 10_000, filename="another")) as provider:
        tracemalloc.start()
        try:
            with pytest.raises(ProviderUnclear, match="no end"):
                await provider.find_jobs("ftjob-ours")
            assert tracemalloc.get_traced_memory()[1] < 10_000_000, "of 20 MB that came"
        finally:
            tracemalloc.stop()


async def test_told_of_another_job_than_it_asked_for_it_believes_nothing() -> None:
    other = {"id": "ftjob-other", "status": "succeeded", "fine_tuned_model": "ft:m:another-tenant"}
    async with serving(_json(other)) as provider:
        with pytest.raises(ProviderUnclear, match=r"asked for the job ftjob-ours and told of ftjob-other"):
            await provider.job("ftjob-ours")
        assert (await provider.job("ftjob-other")).status == "succeeded"


@pytest.mark.parametrize("found", [None, "", {}, ["x"], True, "x" * 513])
async def test_what_is_no_id_is_an_answer_that_says_nothing(found: object) -> None:
    async with serving(_json({"id": found})) as provider:
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
        async with serving(_json({"id": "j", "padding": "x" * length})) as provider:
            await provider.job("j")
        found = {each.native_id or 0 for each in threading.enumerate() if each.name.startswith("beside_the_loop")}
        executor.shutdown()
        return found

    assert len(asyncio.run(ask())) == threads


@pytest.mark.parametrize("status", [404, 405])
async def test_a_server_without_lists_of_events_and_checkpoints_has_none(status: int) -> None:
    async with serving(_json(_error(None), status)) as provider:
        assert await provider.events("j", frozenset()) == []
        assert await provider.checkpoints("j") == []


@pytest.mark.parametrize("data", [None, {}, "x", [1], ["a"]])
async def test_a_list_of_anything_else_is_an_answer_that_says_nothing(data: object) -> None:
    async with serving(_json({"data": data})) as provider:
        if data:
            with pytest.raises(ProviderUnclear):
                await provider.find_files("x")
        else:
            assert await provider.find_files("x") == []


async def test_a_server_that_ignores_the_filter_does_not_lend_us_another_s_job() -> None:
    mine, other = {"tuneyard_job_id": "ftjob-ours"}, {"tuneyard_job_id": "ftjob-other"}
    jobs = [
        {"id": "c", "created_at": 5, "metadata": mine},
        {"id": "b", "created_at": 5, "metadata": mine},
        {"id": "x", "created_at": 1, "metadata": other},
        {"id": "y", "created_at": 0, "metadata": None},
    ]
    async with serving(_json({"data": jobs})) as provider:
        # Of two of the same second the list names the newer first.
        assert [job.id for job in await provider.find_jobs("ftjob-ours")] == ["b", "c"]


async def test_what_is_not_there_is_deleted_already_and_what_is_forbidden_is_not() -> None:
    async with serving(_json(_error(None), 404)) as provider:
        await provider.delete_file("f")
        await provider.delete_model("ft:a/b:c")
    async with serving(_json(_error(None), 403)) as provider:
        with pytest.raises(ProviderRefused):
            await provider.delete_file("f")
