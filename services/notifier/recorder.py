"""Write down how tries ended: what ends while one batch is being written makes the next."""

import asyncio
import time
from collections import Counter

from sqlalchemy.exc import SQLAlchemyError

from shared import clock, log
from shared.db.database import Database
from shared.endpoints.attempt_lifecycle import Ended, settle

_log = log.get(__name__)
_BATCH = 200
_GATHER_SECONDS = 0.005
#: Between two lines that say how many ended.
_TELL_SECONDS = 10.0
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0


class Recorder:
    """A queue of ended tries, and the task that writes them. Lost with the process, they are simply sent again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: asyncio.Queue[Ended] = asyncio.Queue()
        self._tally: Counter[str] = Counter()
        self._told_at = time.monotonic()

    def add(self, ended: Ended) -> None:
        """Have it written soon."""
        self._queue.put_nowait(ended)

    async def run(self) -> None:
        """Write batch after batch until cancelled; while the database is away, try the same one again."""
        while True:
            batch = [await self._queue.get()]
            # A moment's wait makes one commit of many; nobody waits for it, the slots are free already.
            await asyncio.sleep(_GATHER_SECONDS)
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._write(batch)
            for _ in batch:
                self._queue.task_done()

    async def flush(self) -> None:
        """Return when all that was added is written."""
        await self._queue.join()

    async def _write(self, batch: list[Ended]) -> None:
        tries = 0
        while True:
            try:
                async with self._database.begin() as session:
                    written = await settle(session, batch)
            except (SQLAlchemyError, OSError, TimeoutError) as exc:
                tries += 1
                _log.warning("record.put_off", error=f"{type(exc).__name__}: {exc}", deliveries=len(batch), tries=tries)
                await asyncio.sleep(clock.backoff(tries, _FIRST_WAIT, _LONGEST_WAIT))
                continue
            if written < len(batch):
                _log.warning("record.fenced", deliveries=len(batch), written=written)
            self._count(batch)
            return

    def _count(self, batch: list[Ended]) -> None:
        """Say now and then how many ended in which way."""
        self._tally.update(type(ended.outcome).__name__.lower() for ended in batch)
        if time.monotonic() - self._told_at >= _TELL_SECONDS:
            _log.info("deliveries.ended", **self._tally)
            self._tally.clear()
            self._told_at = time.monotonic()
