"""Every ten minutes, look whether what must hold holds, here and at the providers."""

import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared import log
from shared.db.database import Database, sql
from shared.events.reactions import Step
from shared.runtime import Runtime
from shared.work.claim import Lease
from shared.work.outcomes import Again, Outcome
from shared.work.todo import schedule
from workers.reconcile import reconcile

_log = log.get(__name__)
EVERY_SECONDS = 600.0
_FILE = Path(__file__).with_name("invariants.sql")
SUBJECT = "house"


async def begin(runtime: Runtime) -> None:
    """Put the look on the list, if it is not there: one row for the whole house, whoever does it."""
    async with runtime.begin() as session:
        await schedule(session, Step.WATCH, SUBJECT, after=EVERY_SECONDS)


async def run(runtime: Runtime, _lease: Lease) -> Outcome:
    """Look, say what is broken, and come back in ten minutes."""
    try:
        for sentence, rows in (await broken(runtime.database)).items():
            _log.error("invariant.broken", sentence=sentence, rows=rows[:20], count=len(rows))
    except SQLAlchemyError:
        # What could not be looked at here is no reason to leave a twin running at a provider.
        _log.exception("invariants.failed")
    await reconcile(runtime)
    return Again(EVERY_SECONDS)


async def broken(database: Database) -> dict[str, list[str]]:
    """Return each broken invariant's sentence with the rows that break it."""
    found: dict[str, list[str]] = {}
    async with database.begin() as session:
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
