"""Kill a worker with SIGKILL at named points, and look at what is left"""

import multiprocessing
import signal
from multiprocessing.process import BaseProcess
from pathlib import Path

from redis.asyncio import Redis
from sqlalchemy import text

from shared.db.database import sql
from shared.settings import Settings
from tests.chaos.dying_worker import work_until_death
from tests.conftest import House, until
from workers.watch import broken

#: Forked from a process that has imported everything already: a worker then starts in a tenth of a second.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.chaos.dying_worker"])


async def dies_at(house: House, points: list[tuple[str, str, str]], redis: Redis, folder: Path) -> None:
    """Have a worker end at each point, in this order, and Redis forget all it knows."""
    settings = house.runtime.settings
    for step, point, _left in points:
        await _leases_run_out(house)
        assert await _dies(settings, step, point, folder) == -signal.SIGKILL, f"nobody reached {point} of {step}"
        await redis.flushall()


async def nothing_left(house: House) -> bool:
    """A row whose worker died after the last write is struck out by the next, when its lease has run out."""
    async with house.runtime.database.begin() as session:
        left = text("SELECT kind, subject_id FROM work_items WHERE kind NOT IN ('event.fanout', 'house.watch')")
        work = await sql(session, left)
        return work.all() == []


async def all_holds(house: House) -> None:
    """Look at all that must hold, and that no act outside is unclear."""
    assert await broken(house.runtime.database) == {}
    async with house.runtime.database.begin() as session:
        unclear = await sql(session, text("SELECT count(*) FROM intents WHERE outcome = 'unclear'"))
        assert unclear.scalar_one() == 0


async def _leases_run_out(house: House) -> None:
    """Make it so late that the next worker need not wait for the dead one; the last one's run out by themselves."""
    async with house.runtime.database.begin() as session:
        await sql(session, text("UPDATE work_items SET lease_until = now() WHERE lease_until > now()"))


async def _dies(settings: Settings, step: str, point: str, folder: Path) -> int | None:
    worker = _processes.Process(target=work_until_death, args=(settings, step, point, str(folder / "dying.log")))
    worker.start()
    try:
        await until(lambda: _ended(worker))
        return worker.exitcode
    finally:
        worker.kill()
        worker.join()


async def _ended(worker: BaseProcess) -> bool:
    return not worker.is_alive()
