"""Look names up so that those whose name server does not answer hold up nobody else"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult

#: Names looked up at once. A look-up holds a thread until it ends, for half a minute when no name server answers, and
#: asyncio's own handful would be held by a few such names. One that is held costs 25 KiB.
MOST = 512

_Key = tuple[str, int, socket.AddressFamily]


def lookup_threads() -> ThreadPoolExecutor:
    """Return what an event loop's default executor should be, where users name the hosts."""
    return ThreadPoolExecutor(MOST, "lookup")


class Lookups(AbstractResolver):
    """Asks for a name once at a time: who asks meanwhile gets the same answer, which nobody keeps."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner
        self._under_way: dict[_Key, asyncio.Task[list[ResolveResult]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the inner resolver's answers; raise OSError when there is none."""
        key = host, port, family
        look = self._under_way.get(key)
        if look is None:
            look = self._under_way[key] = asyncio.create_task(self._inner.resolve(host, port, family))
            look.add_done_callback(partial(self._ended, key))
        # Who gives up waiting leaves it under way: the thread cannot be called back, and another would be held.
        return await asyncio.shield(look)

    async def close(self) -> None:
        """Wait for nothing more, and let the inner resolver go."""
        for look in self._under_way.values():
            look.cancel()
        await self._inner.close()

    def _ended(self, key: _Key, look: "asyncio.Task[list[ResolveResult]]") -> None:
        del self._under_way[key]
        if not look.cancelled():
            # Looked at, so that asyncio does not complain of it when all who waited have left.
            look.exception()
