"""Turns of a channel: one a second, in the order in which they were asked for, none while it has to wait"""

import asyncio
from itertools import pairwise

from services.notifier.slack.pace import Pace


class Time:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now = max(self.now, self.now + seconds)
        await asyncio.sleep(0)


async def test_turns_of_one_channel_are_a_second_apart_and_another_channel_does_not_wait() -> None:
    time = Time()
    pace = Pace(1.0, clock=time, sleep=time.sleep)
    at = []
    for _ in range(4):
        assert await pace.turn("one", most=60) == 0
        at.append(time.now)
    assert at == [100, 101, 102, 103]
    assert await pace.turn("two", most=0) == 0
    assert time.now == 103


async def test_who_would_wait_too_long_is_told_and_takes_no_turn() -> None:
    time = Time()
    pace = Pace(1.0, clock=time, sleep=time.sleep)
    pace.hold("one", 30)
    assert await pace.turn("one", most=5) == 30
    time.now = 130.0
    assert await pace.turn("one", most=5) == 0


async def test_those_who_wait_together_get_their_turns_one_after_the_other() -> None:
    pace = Pace(0.01)
    loop = asyncio.get_running_loop()
    at: list[float] = []

    async def take() -> None:
        await pace.turn("one", most=60)
        at.append(loop.time())

    await asyncio.gather(*(take() for _ in range(10)))
    assert all(after - before >= 0.008 for before, after in pairwise(at))
