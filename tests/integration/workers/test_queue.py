"""A worker's queue is let go with every connection closed, although the worker is told to end again meanwhile."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from shared.work.wake import Due
from tests.conftest import House
from tests.servers import Servers
from workers.app import listen_for_ever
from workers.runner import Runner


class Busy(Runner):
    """Takes up a row and comes to no end with it."""

    def __init__(self, house: House) -> None:
        super().__init__(house.runtime, {})
        self.begun = asyncio.Event()

    async def run(self, item_id: int) -> None:  # noqa: ARG002 (as the runner has it)
        self.begun.set()
        await asyncio.Event().wait()


@pytest.fixture
async def redis(house: House, servers: Servers) -> AsyncIterator[Redis]:
    async with Redis.from_url(servers.redis_url) as redis:
        await redis.flushall()
        yield redis


async def test_a_listener_that_is_told_twice_still_closes_its_connections(house: House, redis: Redis) -> None:
    busy = Busy(house)
    await house.runtime.waker.wake([Due(1, 1)])
    before = await _connections(redis)
    listening = asyncio.create_task(listen_for_ever(house.runtime, busy))
    await busy.begun.wait()
    listening.cancel()
    await asyncio.sleep(0.05)
    listening.cancel()
    await asyncio.wait({listening})
    assert listening.cancelled()
    assert await _connections(redis) == before


async def _connections(redis: Redis) -> int:
    return len(await redis.client_list())
