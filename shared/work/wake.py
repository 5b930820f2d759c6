"""Tell a worker that a row is due: a hint, best effort, that may be lost, doubled or late."""

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from arq.connections import ArqRedis
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.client import Pipeline
from redis.asyncio.connection import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

from shared import log

_log = log.get(__name__)
#: A caller never waits longer for Redis than this; the sweeper finds the row all the same.
PATIENCE_SECONDS = 1.0
#: Wake-ups of one row within a bucket collapse; the next bucket wakes again if a worker died between pick and claim.
BUCKET_SECONDS = 2
_EXPIRES_MS = 30_000
QUEUE = "tuneyard:wake"
FUNCTION = "wake"


@dataclass(frozen=True)
class Due:
    """A row that may be claimed, with the epoch it had when seen."""

    id: int
    epoch: int


class Waker(Protocol):
    """The whole of what the rest of the house knows of the queue, with `run` on the worker's side."""

    async def wake(self, items: Iterable[Due]) -> bool:
        """Hint that these rows are due; return False when the queue could not be reached."""

    async def ping(self) -> None:
        """Raise when the queue does not answer."""

    async def close(self) -> None:
        """Let the queue go."""


class _Pipeline(Pipeline):
    """Gives its connection back whatever happens; redis-py keeps it when putting it away is cancelled or times out."""

    async def reset(self) -> None:
        try:
            await super().reset()  # type: ignore[no-untyped-call]
        finally:
            if (connection := self.connection) is not None:
                self.connection, self.watching = None, False
                await connection.disconnect(nowait=True)
                await self.connection_pool.release(connection)


class _Pool(ArqRedis):
    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:  # noqa: FBT001, FBT002 (redis-py's)
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


def open_pool(url: str) -> ArqRedis:
    """Return a pool with time limits of our own: arq's has none and hangs with a hung Redis (queue-facts I2)."""
    connections: ConnectionPool = BlockingConnectionPool.from_url(
        url,
        max_connections=20,
        timeout=2,
        socket_timeout=2,
        socket_connect_timeout=1,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 2),
        retry_on_error=[ConnectionError, TimeoutError, OSError],
    )
    return _Pool(
        connections,
        job_serializer=serialize,
        job_deserializer=json.loads,
        default_queue_name=QUEUE,
    )


def serialize(task: dict[str, Any]) -> bytes:
    """Return the task as JSON: pickle would let whoever writes to Redis run code in a worker (queue-facts R)."""
    return json.dumps(task, default=str).encode()


class ArqWaker:
    """Wake-ups over arq. The id holds row, epoch and time bucket, so that no dead worker's key can block the next."""

    def __init__(self, pool: ArqRedis) -> None:
        self.pool = pool

    async def wake(self, items: Iterable[Due]) -> bool:
        """See Waker.wake."""
        bucket = int(time.time()) // BUCKET_SECONDS
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                for item in items:
                    await self.pool.enqueue_job(
                        FUNCTION, item.id, _job_id=f"w:{item.id}:{item.epoch}:{bucket}", _expires=_EXPIRES_MS
                    )
        except (RedisError, OSError, TimeoutError) as exc:
            _log.warning("wake.failed", error=f"{type(exc).__name__}: {exc}")
            return False
        return True

    async def ping(self) -> None:
        """See Waker.ping."""
        await self.pool.ping()

    async def close(self) -> None:
        """See Waker.close."""
        await self.pool.aclose(close_connection_pool=True)
