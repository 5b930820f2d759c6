"""End notifiers in the middle of their work, one after another, and count what was lost and what came twice"""

import asyncio
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sending.house import House, Running, notifier, until_arrived
from benchmarks.sending.receivers import Receivers


@dataclass(frozen=True)
class Toll:
    """What it cost. `in_flight`: what the killed held at the instant they died; no more may come twice."""

    lost: int
    repeated: int
    in_flight: int
    #: Ids that came with other bytes the second time.
    changed: int
    undelivered: int

    @property
    def bearable(self) -> bool:
        return not (self.lost or self.changed or self.undelivered) and self.repeated <= self.in_flight


async def count_toll(house: House, receivers: Receivers, log: Path, count: int, ends: Sequence[signal.Signals]) -> Toll:
    """Let notifiers send `count` deliveries; each but the last is ended by its signal when its share has arrived."""
    receivers.behave()
    await house.clear()
    await house.fill("k", count)
    in_flight = 0
    for number, how in enumerate(ends, start=1):
        with notifier(house, log) as running:
            await until_arrived(count * number // (len(ends) + 1), receivers)
            running.end(how)
            in_flight += await _release(house, running)
    with notifier(house, log):
        await _until_done(house)
    return await _count(house, receivers, count, in_flight)


async def _release(house: House, dead: Running) -> int:
    """Let the leases of a dead process have passed, and return how many it had."""
    freed = await house.rows(
        "UPDATE deliveries SET lease_until = clock_timestamp() WHERE state = 'pending' AND lease_owner LIKE :owner "
        "RETURNING id",
        owner=f"%:{dead.process.pid}",
    )
    return len(freed)


async def _until_done(house: House) -> None:
    async with asyncio.timeout(120):
        while await house.rows("SELECT 1 FROM deliveries WHERE state = 'pending' LIMIT 1"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _count(house: House, receivers: Receivers, count: int, in_flight: int) -> Toll:
    arrivals = receivers.log().arrivals
    times = Counter(arrival.event_id for arrival in arrivals)
    bodies = {(arrival.event_id, arrival.body_crc) for arrival in arrivals}
    (undelivered,) = (await house.rows("SELECT count(*) FROM deliveries WHERE state <> 'delivered'"))[0]
    return Toll(
        lost=count - len(times),
        repeated=len(arrivals) - len(times),
        in_flight=in_flight,
        changed=len(bodies) - len(times),
        undelivered=undelivered,
    )
