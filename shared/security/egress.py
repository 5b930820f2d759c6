"""The one guard of outgoing requests to places that users name: resolver, socket, limits of time and size."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from shared.security.lookups import Lookups
from shared.security.reach import PUBLIC, Reach
from shared.security.targets import unreachable

#: Seconds from the first look-up to the last byte of the answer; the specification says 15 to 30.
TOTAL_SECONDS = 30.0
#: Bytes of an answer that are read; what a log needs is less, and no sender needs more.
MOST_ANSWER_BYTES = 16 * 1024
#: Seconds an idle connection is kept: below the 5 s after which uvicorn and Node close theirs, so that we never
#: write into one that is just being closed.
KEEP_ALIVE_SECONDS = 4.0
#: More than the notifier has slots, those of long sends included: none ever waits for another's connection.
_CONNECTIONS = 720
#: Seconds that a look-up may take while a caller waits for an endpoint to be made.
_LOOK_SECONDS = 2.0


class AddressRefused(OSError):
    """The name or number leads to an address that may not be dialled."""


class GuardedResolver(AbstractResolver):
    """Refuse a name if any of its answers is bad: one good answer among them may be gone at the next look-up."""

    def __init__(self, reach: Reach, inner: AbstractResolver | None = None) -> None:
        self._inner = Lookups(inner or aiohttp.ThreadedResolver())
        self._reach = reach

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the inner resolver's answers; raise AddressRefused, or OSError when there is none."""
        answers = await self._inner.resolve(host, port, family)
        for answer in answers:
            if not self._reach.admits(answer["host"]):
                raise AddressRefused(f"{host} leads to {answer['host']}.")
        return answers

    async def close(self) -> None:
        """Let the inner resolver go."""
        await self._inner.close()


def guarded_socket(reach: Reach) -> Callable[[Any], socket.socket]:
    """Return the socket factory that sees the address of every connection, literals and odd numerals included.

    aiohttp never asks a resolver about a literal, so this is the one place that nothing gets past.
    """

    def make(address: Any) -> socket.socket:
        family, kind, protocol, _, where = address
        if not reach.admits_socket(where[0], where[1]):
            raise AddressRefused(f"{where[0]}, port {where[1]}, may not be dialled.")
        return socket.socket(family=family, type=kind, proto=protocol)

    return make


@asynccontextmanager
async def open_egress(
    reach: Reach = PUBLIC, *, total_seconds: float = TOTAL_SECONDS, resolver: AbstractResolver | None = None
) -> AsyncIterator[aiohttp.ClientSession]:
    """Yield a session that dials only what `reach` admits, keeps no cookies, asks no proxy and inflates nothing."""
    guarded = GuardedResolver(reach, resolver)
    connector = aiohttp.TCPConnector(
        resolver=guarded,
        socket_factory=guarded_socket(reach),
        use_dns_cache=False,
        limit=_CONNECTIONS,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
    )
    try:
        async with aiohttp.ClientSession(
            connector=connector,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=total_seconds, connect=10, sock_connect=5),
            headers={"accept-encoding": "identity"},
        ) as session:
            yield session
    finally:
        await guarded.close()


@dataclass(frozen=True)
class Reply:
    """What came back: the status, the headers, and the beginning of the body as it was on the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


async def post(
    session: aiohttp.ClientSession, url: URL, body: bytes, headers: dict[str, str], *, most: int = MOST_ANSWER_BYTES
) -> Reply:
    """POST once: no redirect is followed, and the session's time limit covers the body of the answer.

    At most `most` bytes of it are read. Raises aiohttp.ClientError, OSError or TimeoutError.
    """
    async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
        content = await _read(response, most)
        found = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, found, content)


async def check_name(url: URL, reach: Reach = PUBLIC, *, resolver: AbstractResolver | None = None) -> None:
    """Raise TargetRefused if the URL's host is known to lead to a bad address; a name nobody knows yet passes."""
    guarded = GuardedResolver(reach, resolver)
    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            await guarded.resolve(url.raw_host or "", url.port or 0)
    except AddressRefused as exc:
        raise unreachable(str(url)) from exc
    except (OSError, TimeoutError):
        return
    finally:
        await guarded.close()


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    content = b""
    while len(content) < most:
        part = await response.content.read(most - len(content))
        if not part:
            return content
        content += part
    # The rest stays unread: closing is the only way not to be sent a gigabyte.
    response.close()
    return content
