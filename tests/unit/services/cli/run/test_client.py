"""The client against servers that drop, refuse, and answer late."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import BodyPartReader, web
from aiohttp.test_utils import TestServer

from services.cli.run.client import Client, open_client
from services.cli.run.connection import Connection
from services.cli.run.errors import Exit, RunError

Handler = Callable[[web.Request], "web.StreamResponse"]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[Client]:
    async def handle(request: web.Request) -> web.StreamResponse:
        await request.read()
        return handler(request)

    app = web.Application()
    app.router.add_route("*", "/v1/{rest:.*}", handle)
    async with TestServer(app) as server:
        connection = Connection(str(server.make_url("/v1")), "ty_key", "a test", "a test", "$KEY")
        async with open_client(connection) as client:
            yield client


def _cut(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def test_a_write_that_is_repeated_carries_the_same_key_and_another_write_another() -> None:
    keys: list[str] = []

    def handler(request: web.Request) -> web.StreamResponse:
        keys.append(request.headers["Idempotency-Key"])
        return _cut(request) if len(keys) == 1 else web.json_response({"id": "ftjob-1"})

    async with serving(handler) as client:
        assert (await client.post("/fine_tuning/jobs", {}))["id"] == "ftjob-1"
        await client.post("/fine_tuning/jobs", {})
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize("trouble", [lambda _: web.Response(status=503), lambda _: web.Response(status=429), _cut])
async def test_a_read_is_repeated_until_it_answers(trouble: Handler) -> None:
    asked: list[str] = []

    def handler(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return trouble(request) if len(asked) < 3 else web.json_response({"id": "file-1"})

    async with serving(handler) as client:
        assert (await client.get("/files/file-1"))["id"] == "file-1"
    assert asked == ["/v1/files/file-1"] * 3


@pytest.mark.parametrize(
    ("status", "body", "exit_code", "message"),
    [
        (
            404,
            {"error": {"message": "No such file.", "code": "gone", "request_id": "req_1"}},
            Exit.USAGE,
            "No such file.",
        ),
        (400, {"error": {"message": "model: is required."}}, Exit.USAGE, "model: is required."),
        (404, "<html>", Exit.USAGE, "GET /v1/files was answered with HTTP 404."),  # another server listens there
        (200, "<html>", Exit.USAGE, "GET /v1/files was answered with HTTP 200."),
    ],
)
async def test_a_refusal_is_one_sentence(status: int, body: object, exit_code: Exit, message: str) -> None:
    async with serving(lambda _: web.json_response(body, status=status)) as client:
        with pytest.raises(RunError) as refused:
            await client.get("/files")
    assert (refused.value.exit_code, refused.value.message) == (exit_code, message)


async def test_nobody_listening_is_told_with_how_to_start() -> None:
    async with open_client(Connection("http://127.0.0.1:1/v1", "ty_key", "--base-url", "", "")) as client:
        with pytest.raises(RunError, match=r"127\.0\.0\.1:1/v1 \(from --base-url\) cannot be reached") as refused:
            await client.get("/models")
    assert refused.value.exit_code is Exit.UNREACHABLE
    assert "tuneyard up" in refused.value.hint


async def test_a_name_that_nobody_has_is_told_without_offering_to_start_it() -> None:
    async with open_client(Connection("http://tuneyard.invalid/v1", "ty_key", "--base-url", "", "")) as client:
        with pytest.raises(RunError, match=r'the name "tuneyard\.invalid" was not found') as refused:
            await client.get("/models")
    assert refused.value.exit_code is Exit.UNREACHABLE
    assert refused.value.hint == "name another address with --base-url or TUNEYARD_BASE_URL"


@pytest.mark.parametrize(
    ("path", "body", "hint"),
    [
        ("", {"error": {"message": "Unknown request URL: GET /models."}}, "did you mean {}/v1?"),
        ("", "<html>", "did you mean {}/v1?"),  # a page of another server at that address
        ("", {"error": {"message": "No such file."}}, ""),  # a service that has its paths elsewhere
        ("/v1", {"error": {"message": "Unknown request URL: GET /v1/models."}}, ""),
    ],
)
async def test_an_address_without_its_v1_is_answered_with_the_address_that_was_meant(
    path: str, body: object, hint: str
) -> None:
    async def handle(_request: web.Request) -> web.Response:
        return web.json_response(body, status=404)

    app = web.Application()
    app.router.add_get("/{rest:.*}", handle)
    async with TestServer(app) as server:
        url = str(server.make_url(path)).rstrip("/")
        async with open_client(Connection(url, "ty_key", "--base-url", "", "")) as client:
            with pytest.raises(RunError) as refused:
                await client.get("/models")
    assert refused.value.hint == hint.format(url)


async def test_events_come_once_and_in_order_even_when_one_is_late() -> None:
    committed = [f"ftevent-{number:03}" for number in range(5)]

    def handler(request: web.Request) -> web.StreamResponse:
        older = [one for one in sorted(committed, reverse=True) if one < request.query.get("after", "~")]
        data = [{"id": one} for one in older[:2]]
        return web.json_response({"data": data, "has_more": len(older) > 2})

    async with serving(handler) as client:
        seen: set[str] = set()
        assert [event["id"] for event in await client.events("ftjob-1", seen)] == committed
        committed += [
            "ftevent-0035",
            "ftevent-005",
        ]  # the first of them was begun before the newest, and committed after
        assert [event["id"] for event in await client.events("ftjob-1", seen)] == ["ftevent-0035", "ftevent-005"]
        assert await client.events("ftjob-1", seen) == []


async def test_an_upload_tells_how_far_it_is_and_starts_over_when_it_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "train.jsonl"
    file.write_bytes(b"x" * 600_000)
    sizes: list[int] = []

    def handler(request: web.Request) -> web.StreamResponse:
        sizes.append(int(request.headers["Content-Length"]))
        return _cut(request) if len(sizes) == 1 else web.json_response({"id": "file-1"})

    told: list[int] = []
    async with serving(handler) as client:
        await client.upload(file, told.append)
    assert told[-1] == max(told) == 600_000
    assert sizes[0] == sizes[1] > 600_000


@pytest.mark.parametrize(
    ("name", "arrives"),
    [
        ("Größe 1 😀.jsonl", "Größe 1 😀.jsonl"),
        ('100 % "new".jsonl', '100 % "new".jsonl'),
        ("a\nb.jsonl", "a_b.jsonl"),  # A header holds neither of these.
        ("lat\udce9.jsonl", "lat_.jsonl"),
        ("a\\b.jsonl", "a_b.jsonl"),  # Behind a backslash the service would see another name.
    ],
)
async def test_a_file_is_sent_under_its_own_name(tmp_path: Path, name: str, arrives: str) -> None:
    (tmp_path / name).write_bytes(b"{}\n")
    app = web.Application()

    async def take(request: web.Request) -> web.StreamResponse:
        parts = [part async for part in await request.multipart() if isinstance(part, BodyPartReader)]
        return web.json_response({"filename": parts[-1].filename})

    app.router.add_post("/v1/files", take)
    async with TestServer(app) as server:
        connection = Connection(str(server.make_url("/v1")), "ty_key", "a test", "a test", "$KEY")
        async with open_client(connection) as client:
            assert await client.upload(tmp_path / name, lambda _: None) == {"filename": arrives}
