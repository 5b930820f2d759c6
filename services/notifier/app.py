"""The notifier's process: hear of events, fan them out, send what is due, until it is told to stop"""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

import shared.schema  # noqa: F401 (a session knows a table only once its class was imported)
from services.notifier.channels import Options, open_senders
from services.notifier.doorbell import Doorbell
from services.notifier.drain import Drain
from services.notifier.fanout import BATCH, fan_out
from services.notifier.keeper import Keeper
from services.notifier.recorder import Recorder
from services.notifier.sender import Sender
from shared import clock, log
from shared.db.database import Database
from shared.health import health_page
from shared.security.egress import TOTAL_SECONDS, open_egress
from shared.security.lookups import lookup_threads
from shared.security.reach import Reach
from shared.security.secrets_at_rest import KeyRing
from shared.settings import Settings

_log = log.get(__name__)
#: Between two looks for work that no notice told of, among it what is due to be tried again.
POLL_SECONDS = 1.0
#: Between two looks while there is work: what comes free or due meanwhile is claimed by one statement, not one each.
GATHER_SECONDS = 0.002
#: What is under way when we are told to stop may end within this, and be written down within so much more, with what
#: the first did not need of its time. Together less than the 15 s after which `tuneyard up` kills.
GRACE_SECONDS = 9.0
_RECORD_SECONDS = 5.0
#: How long the log of deliveries is kept, unless the operator says otherwise.
KEEP = timedelta(days=90)
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0


class Notifier:
    """The parts of the process, wired."""

    def __init__(self, database: Database, senders: Mapping[str, Sender], keep: timedelta = KEEP) -> None:
        self.bell = Doorbell()
        self.recorder = Recorder(database)
        self.keeper = Keeper(database, self.bell, keep)
        self.drain = Drain(senders, self.recorder, self.bell)
        self._database = database
        self._stopping = False
        self._failures: int | None = None

    @property
    def ready(self) -> bool:
        """Whether the last look for work reached the database, and how tries ended can be written down."""
        return self._failures == 0 and not self.recorder.is_stuck

    def stop(self) -> None:
        """Claim nothing more; `run` ends when what is under way has ended."""
        self._stopping = True
        self.bell.ring()

    async def run(self) -> None:
        """Work until stopped. While the database is away it waits, and ends for nothing but `stop` or a defect."""
        async with asyncio.TaskGroup() as group:
            helpers = [
                group.create_task(self.bell.listen(self._database.engine)),
                group.create_task(self.recorder.run()),
                group.create_task(self.keeper.run()),
            ]
            await self._work()
            await self._finish()
            for helper in helpers:
                helper.cancel()

    async def look(self) -> bool:
        """Fan out and start what is due, once; say whether there may be more right now.

        One transaction: what happened is claimed by the very look that fans it out. It need not be on the disk before
        something is sent: undone by a crash, all of it is done again, and the same id is sent again.
        """
        async with self._database.begin(durable=False) as session:
            events = await fan_out(session)
            claimed = await self.drain.claim(session)
        self.drain.start(claimed)
        # What is late may be so for long: it is polled for.
        return events == BATCH or bool(claimed) or (self.recorder.is_behind and not self.recorder.is_late)

    async def _work(self) -> None:
        while not self._stopping:
            self.bell.silence()
            try:
                more = await self.look()
            except (SQLAlchemyError, OSError, TimeoutError) as exc:
                await self._database_is_away(exc)
                continue
            self._failures = 0
            if more:
                await asyncio.sleep(GATHER_SECONDS)
            elif not self._stopping:
                await self.bell.wait(POLL_SECONDS)

    async def _finish(self) -> None:
        """Let what is under way end and be written down: what is not would be sent again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS + _RECORD_SECONDS):
                await self.drain.finish(GRACE_SECONDS)
                await self.recorder.flush()

    async def _database_is_away(self, exc: Exception) -> None:
        self._failures = (self._failures or 0) + 1
        _log.warning("notifier.waits", error=f"{type(exc).__name__}: {exc}", failures=self._failures)
        await asyncio.sleep(clock.backoff(self._failures, _FIRST_WAIT, _LONGEST_WAIT))


@asynccontextmanager
async def open_notifier(
    database: Database,
    ring: KeyRing,
    reach: Reach,
    options: Options | None = None,
    *,
    total_seconds: float = TOTAL_SECONDS,
    keep: timedelta = KEEP,
) -> AsyncIterator[Notifier]:
    """Yield a notifier over its own guarded session; the caller runs it, and owns the database."""
    async with (
        open_egress(reach, total_seconds=total_seconds) as session,
        open_senders(session, database, ring, reach, options or Options()) as senders,
    ):
        yield Notifier(database, senders, keep)


async def run(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Needs the database and nothing else: neither Redis nor a provider is asked."""
    # A lost connection costs a look, which is repeated, and not a round trip before each.
    database = Database(settings.database_url, pool_size=settings.database_pool, ping=False)
    ring = KeyRing([key.get_secret_value() for key in settings.secret_keys])
    reach = Reach.of(settings)
    try:
        async with (
            open_notifier(
                database, ring, reach, Options.of(settings), keep=timedelta(days=settings.delivery_log_days)
            ) as notifier,
            health_page(settings.host, settings.health_port, is_ready=lambda: notifier.ready),
        ):
            loop = asyncio.get_running_loop()
            loop.set_default_executor(lookup_threads())
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, notifier.stop)
            _log.info("notifier.started", loopback=reach.loopback, networks=[str(each) for each in reach.networks])
            await notifier.run()
            _log.info("notifier.stopped")
    finally:
        await database.close()
