"""Write down how tries ended: what ends while one batch is being written makes the next."""

import asyncio
import time
from collections import Counter, deque
from contextlib import suppress

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from shared import clock, log
from shared.db.database import Database
from shared.endpoints.attempt_lifecycle import Ended, settle
from shared.endpoints.policy import Delivered, GaveUp

_log = log.get(__name__)
_BATCH = 200
_GATHER_SECONDS = 0.005
#: Ends that may wait to be written while more is sent: what is not written when the process ends is sent again.
MOST_WAITING = 3 * _BATCH
#: Between two lines that say how many ended.
_TELL_SECONDS = 10.0
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
#: What waits longer to be written may lose its lease, and whoever sends then may send it again: this process, too.
LATE_SECONDS = 3.0
#: A batch takes milliseconds. One that takes so long holds up all that is to be sent, and somebody should look.
STUCK_SECONDS = 15.0
#: What the tenant sees of a defect.
_BROKE = "How the try ended could not be written down; its operator has been told. It can be sent again."


class _Unwritable(Exception):
    """What is to be written cannot be, however often it is tried: a defect of ours, not the database's absence."""


class Recorder:
    """A queue of ended tries, and the task that writes them. Lost with the process, they are simply sent again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: asyncio.Queue[Ended] = asyncio.Queue()
        self._tally: Counter[str] = Counter()
        self._told_at = time.monotonic()
        #: When each that is not yet written was added, in that order.
        self._added: deque[float] = deque()

    @property
    def is_stuck(self) -> bool:
        """Whether nothing can be written: the database may be read, and its disk be full or a table be locked."""
        return self._waited() > STUCK_SECONDS

    @property
    def is_late(self) -> bool:
        """Whether the oldest has waited for so long that nothing more should be sent until it is written."""
        return self._waited() > LATE_SECONDS

    @property
    def is_behind(self) -> bool:
        """Whether so much waits to be written that nothing more should be sent."""
        return self._queue.qsize() > MOST_WAITING

    def add(self, ended: Ended) -> None:
        """Have it written soon."""
        self._added.append(time.monotonic())
        self._queue.put_nowait(ended)

    async def run(self) -> None:
        """Write batch after batch until cancelled; while the database is away, try the same one again."""
        while True:
            batch = [await self._queue.get()]
            # A moment's wait makes one commit of many; nobody waits for it, the slots are free already.
            await asyncio.sleep(_GATHER_SECONDS)
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._write_all(batch)
            for _ in batch:
                self._added.popleft()
                self._queue.task_done()

    async def flush(self) -> None:
        """Return when all that was added is written."""
        await self._queue.join()

    async def _write_all(self, batch: list[Ended]) -> None:
        """Write a batch. Where something in it cannot be written, each is written by itself, and that one barely."""
        try:
            await self._write(batch)
        except _Unwritable as exc:
            for ended in batch if len(batch) > 1 else ():
                await self._write_all([ended])
            if len(batch) == 1:
                await self._write_barely(batch[0], exc)

    async def _write_barely(self, ended: Ended, exc: Exception) -> None:
        """Write down nothing but whether it arrived: unwritten it would be sent again with each lease, without end."""
        _log.error("record.broke", delivery_id=ended.delivery.id, exc_info=exc)
        arrived = isinstance(ended.outcome, Delivered)
        with suppress(_Unwritable):
            await self._write([Ended(ended.delivery, Delivered() if arrived else GaveUp(_BROKE), None)])

    def _waited(self) -> float:
        return time.monotonic() - self._added[0] if self._added else 0.0

    async def _write(self, batch: list[Ended]) -> None:
        tries = 0
        while True:
            try:
                async with self._database.begin() as session:
                    written = await settle(session, batch)
            except (SQLAlchemyError, OSError, TimeoutError) as exc:
                if _stays(exc):
                    raise _Unwritable from exc
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


def _stays(exc: Exception) -> bool:
    """Say whether another try of the same would end in the same way."""
    if isinstance(exc, DBAPIError):
        return isinstance(exc, DataError | IntegrityError)
    return isinstance(exc, SQLAlchemyError) and not isinstance(exc, NoConnectionFree)
