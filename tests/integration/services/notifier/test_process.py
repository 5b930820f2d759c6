"""The process itself: it answers for its health, ends cleanly when told, and loses nothing when killed."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from cryptography.fernet import Fernet

from shared.security.secrets_at_rest import KeyRing

from .stage import House, receiving

_RUN = "import asyncio; from services.notifier.app import run; from shared.settings import Settings; "
_COMMAND = (sys.executable, "-c", _RUN + "asyncio.run(run(Settings()))")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@asynccontextmanager
async def _process(house: House, key: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start a notifier as `tuneyard notifier` does, and wait until it is ready."""
    port = _free_port()
    environment = {
        **os.environ,
        "TUNEYARD_DATABASE_URL": house.url,
        "TUNEYARD_REDIS_URL": "redis://127.0.0.1:9",
        "TUNEYARD_STORAGE_URL": "memory://",
        "TUNEYARD_SECRET_KEYS": key,
        "TUNEYARD_PROVIDERS__DEFAULT__BASE_URL": "http://127.0.0.1:9",
        "TUNEYARD_PROVIDERS__DEFAULT__API_KEY": "none",
        "TUNEYARD_ALLOW_LOOPBACK": "true",
        "TUNEYARD_HEALTH_PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(*_COMMAND, env=environment)
    try:
        await _until_ready(port)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _until_ready(port: int) -> None:
    async with asyncio.timeout(30), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.05)


@pytest.fixture
def key(house: House) -> str:
    made = Fernet.generate_key().decode()
    house.ring = KeyRing([made])
    return made


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
async def test_it_delivers_without_redis_and_ends_when_told(house: House, key: str, told: signal.Signals) -> None:
    async with receiving() as receiver, _process(house, key) as process:
        await house.endpoint(receiver.url)
        await house.happen()
        await receiver.wait_for(1)
        process.send_signal(told)
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    assert [row["state"] for row in await house.deliveries()] == ["delivered"]


async def test_killed_while_it_waits_for_the_answer_the_next_process_sends_it_again(house: House, key: str) -> None:
    hang = asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        await hang.wait()
        return web.Response()

    async with receiving(slow) as receiver:
        await house.endpoint(receiver.url)
        async with _process(house, key) as process:
            await house.happen()
            await receiver.wait_for(1)
            process.kill()
            await process.wait()
        (left,) = await house.deliveries()
        assert (left["state"], left["attempt"]) == ("pending", 1)
        assert left["lease_owner"].endswith(f":{process.pid}")
        await house.rows("UPDATE deliveries SET lease_until = now()")
        hang.set()
        async with _process(house, key) as process:
            await receiver.wait_for(2)
            process.send_signal(signal.SIGTERM)
            await process.wait()
        assert len({(hit.headers["webhook-id"], hit.body) for hit in receiver.hits}) == 1
    assert [row["state"] for row in await house.deliveries()] == ["delivered"]
