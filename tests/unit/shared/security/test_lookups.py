"""Looking names up: each once at a time, and nobody's leaving or failing is another's"""

import asyncio
import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from shared.security.lookups import Lookups


class Slow(AbstractResolver):
    """A resolver that answers when told, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer = asyncio.Event()
        self.error: OSError | None = None

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,
    ) -> list[ResolveResult]:
        self.asked.append(host)
        await self.answer.wait()
        if self.error is not None:
            raise self.error
        return [ResolveResult(hostname=host, host="192.0.2.1", port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is open."""


async def _begun(lookups: Lookups, *names: str) -> list["asyncio.Task[list[ResolveResult]]"]:
    looks = [asyncio.create_task(lookups.resolve(name, 443)) for name in names]
    for _ in range(3):
        await asyncio.sleep(0)
    return looks


async def test_a_name_is_looked_up_once_at_a_time_and_anew_afterwards() -> None:
    inner = Slow()
    lookups = Lookups(inner)
    looks = await _begun(lookups, "a", "a", "b")
    inner.answer.set()
    answers = await asyncio.gather(*looks)
    assert [found[0]["hostname"] for found in answers] == ["a", "a", "b"]
    assert inner.asked == ["a", "b"]
    await lookups.resolve("a", 443)
    assert inner.asked == ["a", "b", "a"], "no answer is kept"


async def test_who_gives_up_waiting_takes_nothing_from_the_others() -> None:
    inner = Slow()
    lookups = Lookups(inner)
    first, second = await _begun(lookups, "a", "a")
    first.cancel()
    await _begun(lookups, "a")
    inner.answer.set()
    assert (await second)[0]["host"] == "192.0.2.1"
    assert inner.asked == ["a"]


async def test_a_failure_is_that_of_all_who_waited_and_of_nobody_after_them() -> None:
    inner = Slow()
    inner.error = OSError("no name server answered")
    lookups = Lookups(inner)
    looks = await _begun(lookups, "a", "a")
    inner.answer.set()
    for look in looks:
        with pytest.raises(OSError, match="no name server"):
            await look
    inner.error = None
    assert await lookups.resolve("a", 443)


async def test_what_is_under_way_ends_with_it() -> None:
    lookups = Lookups(Slow())
    (look,) = await _begun(lookups, "a")
    await lookups.close()
    with pytest.raises(asyncio.CancelledError):
        await look
