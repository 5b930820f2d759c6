"""The guard of outgoing requests: which sockets it opens, what it follows, how much and how long it reads."""

import asyncio
import gzip
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Network
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from shared.security.egress import MOST_ANSWER_BYTES, AddressRefused, check_name, guarded_socket, open_egress, post
from shared.security.reach import PUBLIC, Reach
from shared.security.targets import TargetRefused, check_url

from .bad_urls import BAD_NAMES, BAD_URLS

HERE = Reach(loopback=True)


class Answers(AbstractResolver):
    """A resolver that knows a few names; each look-up of a name takes its next answer."""

    def __init__(self, names: dict[str, list[list[str]]], otherwise: list[str] | None = None) -> None:
        self.names = names
        self.otherwise = otherwise

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 (the interface's)
    ) -> list[ResolveResult]:
        answers = self.names.get(host) or ([self.otherwise] if self.otherwise else None)
        if answers is None:
            raise OSError(None, "no such name")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


_connected: list[Any] = []


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(args[1], tuple):
        _connected.append(args[1])


# The interpreter's own record of connections: nothing of ours or of aiohttp's is replaced to get it.
sys.addaudithook(_hear)


@pytest.fixture
def connected() -> list[Any]:
    """Every address that this process began to connect to during the test."""
    _connected.clear()
    return _connected


@asynccontextmanager
async def serving(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[URL]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield URL(f"http://127.0.0.1:{runner.addresses[0][1]}/hook")
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("raw", BAD_URLS, ids=list(BAD_URLS.values()))
async def test_without_the_rules_on_the_text_no_socket_is_opened_either(raw: str, connected: list[Any]) -> None:
    inside = Answers({}, otherwise=["127.0.0.1"])
    async with open_egress(resolver=inside) as session:
        with pytest.raises((ValueError, OSError, AssertionError, aiohttp.ClientError)):
            await post(session, URL(raw), b"", {})
    assert connected == []


@pytest.mark.parametrize("name", BAD_NAMES)
async def test_a_name_with_any_bad_answer_is_refused_before_a_socket_exists(name: str, connected: list[Any]) -> None:
    names = Answers({name: [BAD_NAMES[name]]})
    async with open_egress(resolver=names) as session:
        with pytest.raises(aiohttp.ClientConnectorDNSError) as refused:
            await post(session, URL(f"https://{name}/h"), b"", {})
    assert isinstance(refused.value.os_error, AddressRefused)
    with pytest.raises(TargetRefused, match="does not lead to a public address"):
        await check_name(URL(f"https://{name}/h"), resolver=names)
    assert connected == []


async def test_a_name_that_is_good_once_and_bad_the_next_time_is_refused_at_sending(connected: list[Any]) -> None:
    rebinding = Answers({"rebind.attacker.com": [["93.184.215.14"], ["127.0.0.1"]]})
    url = URL("https://rebind.attacker.com/h")
    await check_name(url, resolver=rebinding)
    async with open_egress(resolver=rebinding) as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await post(session, url, b"", {})
    assert connected == []


async def test_a_name_of_the_operators_network_is_dialled_and_one_that_leads_elsewhere_is_not(
    connected: list[Any],
) -> None:
    inside = Reach(networks=(IPv4Network("127.0.0.2/32"),))
    names = Answers({"good.svc": [["127.0.0.2"]], "bad.svc": [["127.0.0.1"]], "mixed.svc": [["127.0.0.2", "10.0.0.1"]]})
    async with open_egress(inside, resolver=names) as session:
        for name in ("good.svc", "bad.svc", "mixed.svc"):
            with pytest.raises(aiohttp.ClientConnectorError):
                await post(session, check_url(f"http://{name}:9/h", inside), b"", {})
    assert connected == [("127.0.0.2", 9)]


async def test_a_name_that_nobody_knows_yet_may_be_registered() -> None:
    await check_name(URL("https://new.customer.com/h"), resolver=Answers({}))


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "169.254.169.254", "::ffff:127.0.0.1"])
def test_the_socket_is_refused_whatever_led_to_it(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(AddressRefused):
        guarded_socket(PUBLIC)((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 443)))


def test_a_public_address_gets_its_socket() -> None:
    made = guarded_socket(PUBLIC)((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("93.184.215.14", 443)))
    with made:
        assert made.family == socket.AF_INET


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    paths: list[str] = []

    async def redirect(request: web.Request) -> web.Response:
        paths.append(request.path)
        return web.Response(status=307, headers={"location": "/inside"})

    async with serving(redirect) as url, open_egress(HERE) as session:
        reply = await post(session, url, b"{}", {})
    assert (reply.status, paths) == (307, ["/hook"])


async def test_an_endless_answer_is_read_to_its_limit_and_no_further() -> None:
    sent = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while sent < 1 << 30:
            await response.write(b"x" * 65536)
            sent += 65536
        return response

    async with serving(flood) as url, open_egress(HERE) as session:
        reply = await post(session, url, b"{}", {})
    assert len(reply.body) == MOST_ANSWER_BYTES
    # What the kernel's buffers took before the connection was closed; far from the gigabyte.
    assert sent < 32 << 20


async def test_an_answer_that_drips_ends_with_the_total_time() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b".")
            await asyncio.sleep(0.02)

    async with serving(drip) as url, open_egress(HERE, total_seconds=0.3) as session:
        started = asyncio.get_running_loop().time()
        with pytest.raises(TimeoutError):
            await post(session, url, b"{}", {})
        assert asyncio.get_running_loop().time() - started < 2


async def test_a_compressed_answer_is_not_inflated() -> None:
    bomb = gzip.compress(bytes(10 << 20))

    async def zipped(_request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"content-encoding": "gzip"})

    async with serving(zipped) as url, open_egress(HERE) as session:
        reply = await post(session, url, b"{}", {})
    assert reply.body == bomb[:MOST_ANSWER_BYTES]


async def test_cookies_are_not_kept_and_proxies_of_the_environment_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    seen: list[tuple[str | None, str | None]] = []

    async def bake(request: web.Request) -> web.Response:
        seen.append((request.headers.get("cookie"), request.headers.get("accept-encoding")))
        return web.Response(headers={"set-cookie": "a=b"})

    async with serving(bake) as url, open_egress(HERE) as session:
        for _ in range(2):
            await post(session, url, b"{}", {})
    assert seen == [(None, "identity")] * 2
