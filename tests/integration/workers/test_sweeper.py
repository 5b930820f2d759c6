"""Rows that no wake-up reached, and a worker without its queue."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from tests.conftest import until
from tests.integration.workers.told_step import PIPELINE, Step, put, row
from workers.app import working
from workers.runner import Runner
from workers.sweeper import sweep


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"pipeline": PIPELINE})


@pytest.fixture
async def runtime(settings: Settings) -> AsyncIterator[Runtime]:
    async with open_runtime(settings) as opened:
        yield opened


async def test_without_the_queue_a_step_that_hangs_holds_up_no_other(settings: Settings) -> None:
    dead = settings.model_copy(update={"redis_url": "unix:///nowhere/valkey.sock"})
    step = Step()
    step.go.clear()
    async with open_runtime(dead) as runtime:
        runner = Runner(runtime, step.steps())
        await put(runtime, "slow")
        async with asyncio.timeout(5):
            assert await sweep(runtime, runner) == 1
            await step.running.wait()
            await put(runtime, "quick")
            assert await sweep(runtime, runner) == 1

            async def both() -> bool:
                return len(step.runs) == 2

            await until(both)
        step.go.set()
        await runner.drain(5)


async def test_without_the_queue_no_more_is_begun_than_there_are_slots(settings: Settings) -> None:
    dead = settings.model_copy(update={"redis_url": "unix:///nowhere/valkey.sock"})
    step = Step()
    step.go.clear()
    async with open_runtime(dead) as runtime:
        runner = Runner(runtime, step.steps())
        for number in range(8):
            await put(runtime, f"s{number}")
        assert await sweep(runtime, runner) == 8
        assert runner.free() == 0
        step.go.set()
        await runner.drain(5)
        assert len(step.runs) <= 3


async def test_a_worker_finds_what_no_wake_up_told_of(runtime: Runtime) -> None:
    step = Step()
    async with working(runtime, step.steps()) as runner:
        await put(runtime)
        await until(lambda: _is_gone(runtime))
        assert runner.is_well()
    assert len(step.runs) == 1


async def _is_gone(runtime: Runtime) -> bool:
    return await row(runtime) is None
