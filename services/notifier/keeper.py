"""What time alone brings: quiet hours end, a digest is due, the log grows old"""

import asyncio
import time
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from services.notifier.doorbell import Doorbell
from shared import clock, log
from shared.db.database import Database
from shared.endpoints.delivery_lifecycle import let_go
from shared.endpoints.digests import send_digests
from shared.endpoints.retention import prune
from shared.endpoints.stranded import drop_stranded, let_stranded_go
from shared.endpoints.turns import MOST_PLACED, place

_log = log.get(__name__)
#: Between two looks at what is held: nobody set quiet hours to the second.
LOOK_SECONDS = 1.0
#: Between two looks at what is old, or was left behind by a pause.
TIDY_SECONDS = 15.0
#: Held deliveries let go in one transaction, and old ones removed: a few milliseconds, so that nothing waits behind it.
LET_GO = 500
PRUNED = 500
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0


class Keeper:
    """The task beside the drain; every notifier has one, and they do not get into each other's way."""

    def __init__(self, database: Database, bell: Doorbell, keep: timedelta) -> None:
        self._database = database
        self._bell = bell
        self._keep = keep
        self._tidied = float("-inf")

    async def run(self) -> None:
        """Look until cancelled; a database that is away is waited for."""
        failures = 0
        while True:
            try:
                await self.look()
                failures = 0
            except (SQLAlchemyError, OSError, TimeoutError) as exc:
                failures += 1
                _log.warning("keeper.waits", error=f"{type(exc).__name__}: {exc}", failures=failures)
                await asyncio.sleep(clock.backoff(failures, _FIRST_WAIT, _LONGEST_WAIT))
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Release what is due, and now and then tidy up."""
        if await self.release() > 0:
            self._bell.ring()
        if time.monotonic() - self._tidied >= TIDY_SECONDS:
            more = await self.tidy()
            # What is old is removed without haste, but faster than it can grow.
            self._tidied = float("-inf") if more else time.monotonic()

    async def release(self) -> int:
        """Put on its way what quiet hours held and digests collected; return how many messages those are."""
        async with self._database.begin() as session:
            return await let_go(session, LET_GO) + await send_digests(session)

    async def tidy(self) -> bool:
        """Remove a batch of what is old, see to what was left behind and to turns; say whether there may be more."""
        async with self._database.begin() as session:
            await let_stranded_go(session)
            await drop_stranded(session)
            placed = await place(session)
            removed = await prune(session, keep=self._keep, limit=PRUNED)
        if removed:
            _log.info("deliveries.pruned", removed=removed)
        return removed >= PRUNED or placed >= MOST_PLACED
