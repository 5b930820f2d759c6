"""Few messages are written at once, whoever they are for."""

import asyncio
import threading

from services.notifier.writing import MOST, in_a_thread


async def test_a_storm_of_messages_is_written_by_few_threads_and_each_is() -> None:
    lock, under_way, most = threading.Lock(), 0, 0
    full = threading.Barrier(MOST)

    def write(number: int) -> int:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        full.wait(10)
        with lock:
            under_way -= 1
        return number

    assert await asyncio.gather(*(in_a_thread(write, number) for number in range(20 * MOST))) == list(range(20 * MOST))
    assert most == MOST
