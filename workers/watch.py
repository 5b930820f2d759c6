"""Every ten minutes, one worker looks whether what must hold holds, here and at the providers."""

import asyncio
import random
import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from shared import log
from shared.db.database import Database, sql
from shared.db.trouble import TROUBLE
from shared.errors import ProviderError
from shared.runtime import Runtime
from workers.reconcile import reconcile

_log = log.get(__name__)
EVERY_SECONDS = 600.0
_FILE = Path(__file__).with_name("invariants.sql")
#: Any number, as long as every worker takes the same: the lock lets one of them look.
_LOCK = text("SELECT pg_try_advisory_xact_lock(7202612)")


async def watch_for_ever(runtime: Runtime) -> None:
    """Look, wait, look again; what cannot be reached is looked at the next time."""
    while True:
        await asyncio.sleep(EVERY_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 (so that workers do not meet)
        try:
            for sentence, rows in (await broken(runtime.database)).items():
                _log.error("invariant.broken", sentence=sentence, rows=rows[:20], count=len(rows))
            await reconcile(runtime)
        except (*TROUBLE, ProviderError) as exc:
            _log.warning("watch.failed", error=str(exc))


async def broken(database: Database) -> dict[str, list[str]]:
    """Return each broken invariant's sentence with the rows that break it; empty when another worker is looking."""
    found: dict[str, list[str]] = {}
    async with database.begin() as session:
        if not (await sql(session, _LOCK)).scalar_one():
            return found
        for sentence, query in statements():
            rows = [str(row[0]) for row in await sql(session, text(query))]
            if rows:
                found[sentence] = rows
    return found


def statements() -> Iterator[tuple[str, str]]:
    """Yield each invariant of the file: its sentence and its query."""
    for block in _FILE.read_text().split("\n\n")[1:]:
        sentence, query = re.fullmatch(r"-- ([^\n]+)\n(.+?);?\s*", block, re.DOTALL).groups()  # type: ignore[union-attr]
        yield sentence, query
