"""The pool of wake-ups loses no connection, whatever the queue does."""

import signal

import pytest
from redis.exceptions import TimeoutError as RedisTimeoutError

from shared.work.wake import open_pool
from tests.servers import Servers


async def test_a_pipeline_whose_end_times_out_gives_its_connection_back(servers: Servers) -> None:
    assert servers.valkey.process is not None
    pool = open_pool(f"{servers.redis_url}?socket_timeout=0.2")
    try:
        with pytest.raises(RedisTimeoutError):  # noqa: PT012 (the end of the block is what times out)
            async with pool.pipeline() as pipe:
                await pipe.watch("a key")
                servers.valkey.process.send_signal(signal.SIGSTOP)
    finally:
        servers.valkey.process.send_signal(signal.SIGCONT)
    del pipe
    assert pool.connection_pool._in_use_connections == set()
    assert await pool.ping()
    await pool.aclose(close_connection_pool=True)
