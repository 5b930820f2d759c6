"""Notifiers ended in the middle of their work: nothing lost, and nothing twice but what a killed one held."""

import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from benchmarks.sending.house import House
from benchmarks.sending.kills import count_toll
from benchmarks.sending.receivers import Receivers
from shared.db.database import Database


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    served = Receivers()
    yield served
    served.stop()


@pytest.fixture
async def sending(database_url: str, receivers: Receivers) -> AsyncIterator[House]:
    database = Database(database_url)
    house = House(database, database_url)
    await house.furnish(receivers, endpoints=10)
    yield house
    await database.close()


async def test_a_killed_notifier_loses_nothing_and_one_that_is_told_to_end_repeats_nothing(
    sending: House, receivers: Receivers, tmp_path: Path
) -> None:
    ends = [signal.SIGKILL, signal.SIGTERM]
    toll = await count_toll(sending, receivers, tmp_path / "log", 1_500, ends)
    assert (toll.lost, toll.undelivered, toll.changed) == (0, 0, 0)
    # What the second held when it was told to end is none, so all of this is the first one's.
    assert toll.repeated <= toll.in_flight <= 132
