"""Whose certificate is taken: of the name or the address in the URL, by somebody whom we trust, and of nobody else"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from shared.security.egress import open_egress, post
from shared.security.reach import Reach
from tests.mail_server import certificate

HERE = Reach(loopback=True)


class Local(AbstractResolver):
    """A resolver that has every name on this machine."""

    async def resolve(self, host: str, port: int = 0, _family: int = 0) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=2, proto=0, flags=0)]

    async def close(self) -> None:
        return


@asynccontextmanager
async def _serving(context: ssl.SSLContext, host: str) -> AsyncIterator[int]:

    async def answer(_request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, 0, ssl_context=context).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _status(folder: Path, host: str, named: str, *, trusted: bool = True) -> int:
    authority, context = certificate(folder, named)
    where = host if host.startswith("[") or host[0].isdigit() else "127.0.0.1"
    async with _serving(context, where.strip("[]")) as port, open_egress(HERE, resolver=Local()) as session:
        if trusted:
            # As if the system's own authorities had it.
            assert isinstance(session.connector, aiohttp.TCPConnector)
            session.connector._ssl = ssl.create_default_context(cafile=str(authority))
        reply = await post(session, URL(f"https://{host}:{port}/"), b"{}", {})
    return reply.status


@pytest.mark.parametrize(
    ("host", "named"), [("127.0.0.1", "127.0.0.1"), ("[::1]", "::1"), ("hooks.example.com", "*.example.com")]
)
async def test_the_certificate_of_the_address_or_the_name_is_taken(tmp_path: Path, host: str, named: str) -> None:
    assert await _status(tmp_path, host, named) == 200


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("127.0.0.1", "localhost"),  # a name of the same machine
        ("127.0.0.1", "127.0.0.2"),
        ("127.0.0.1", "::ffff:127.0.0.1"),
        ("127.0.0.1", "dns:127.0.0.1"),  # the address, but as a name, which anybody's resolver may answer for
        ("127.0.0.1", "*.0.0.1"),
        ("[::1]", "127.0.0.1"),
        ("hooks.example.com", "127.0.0.1"),  # where the name leads
        ("hooks.example.com", "example.com"),
        ("hooks.example.com", "*.com"),
        ("a.hooks.example.com", "*.example.com"),
        ("hooks.example.com.", "*.example.org"),
    ],
)
async def test_anybody_elses_is_not(tmp_path: Path, host: str, named: str) -> None:
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await _status(tmp_path, host, named)


@pytest.mark.parametrize("host", ["127.0.0.1", "hooks.example.com"])
async def test_one_that_nobody_we_trust_has_signed_is_not(tmp_path: Path, host: str) -> None:
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await _status(tmp_path, host, host, trusted=False)
