"""A notifier that has just started knows nobody: endpoints that hang take no more than they are trusted with."""

import asyncio
import socket
import threading
from typing import Any

import pytest
from aiohttp import web

from shared.events.catalogue import EventType
from shared.security.lookups import lookup_threads
from tests.conftest import PATIENCE_SECONDS

from .stage import House, receiving, working_notifier

HANGING, EACH, OTHERS = 100, 10, 10


@pytest.mark.parametrize("fresh", [True, False], ids=["first tries", "retries"])
async def test_a_hundred_endpoints_that_hang_do_not_delay_the_others(house: House, fresh: bool) -> None:  # noqa: FBT001 (a parameter)
    over = asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        await over.wait()
        return web.Response(status=200)

    async with receiving(hang) as hanging, receiving() as healthy:
        for number in range(HANGING):
            endpoint_id, _ = await house.endpoint(f"{hanging.url}/{number}")
            await _fill(house, endpoint_id, EACH, 2, fresh=fresh)
        for number in range(OTHERS):
            endpoint_id, _ = await house.endpoint(f"{healthy.url}/{number}")
            await _fill(house, endpoint_id, EACH, 1, fresh=fresh)
        async with working_notifier(house.database, house.ring):
            try:
                # They hang for longer than this; all that they could take, they had before the others came.
                await healthy.wait_for(OTHERS * EACH, seconds=10)
            finally:
                over.set()


async def test_a_hundred_names_whose_server_does_not_answer_do_not_delay_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.get_running_loop().set_default_executor(lookup_threads())
    over, asked, real = threading.Event(), set[str](), socket.getaddrinfo

    def look(host: str, *more: Any, **named: Any) -> Any:
        if not host.endswith(".example.org"):
            return real(host, *more, **named)
        asked.add(host)
        over.wait(PATIENCE_SECONDS)
        raise socket.gaierror(socket.EAI_AGAIN, "no name server answered")

    monkeypatch.setattr(socket, "getaddrinfo", look)
    for number in range(HANGING):
        await house.endpoint(f"https://dead{number}.example.org/hook", EventType.JOB_SUCCEEDED)
    await house.happen(EventType.JOB_SUCCEEDED)
    async with receiving() as healthy, working_notifier(house.database, house.ring):
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while len(asked) < HANGING:
                    await asyncio.sleep(0.01)
            await house.endpoint(healthy.url.replace("127.0.0.1", "localhost"), EventType.JOB_FAILED)
            await house.happen(EventType.JOB_FAILED)
            await healthy.wait_for(1, seconds=5)
        finally:
            over.set()


async def _fill(house: House, endpoint_id: str, count: int, age: float, *, fresh: bool) -> None:
    """Let deliveries to an endpoint wait since `age` seconds ago."""
    await house.rows(
        "WITH made AS (INSERT INTO event_payloads (event_id, event_type, body) "
        "SELECT 'evt_' || :id || n, 'fine_tuning.job.succeeded', '{}'::bytea FROM generate_series(1, :count) n "
        "RETURNING event_id) INSERT INTO deliveries (id, event_id, endpoint_id, state, fresh, run_at) "
        "SELECT 'dlv_' || event_id, event_id, :id, 'pending', :fresh, "
        "clock_timestamp() - make_interval(secs => :age) FROM made",
        id=endpoint_id, count=count, age=age, fresh=fresh,
    )  # fmt: skip
