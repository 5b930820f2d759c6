"""Write down how far the check of a file is, about once a second, and why it begins again, for whoever asks for it"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from shared import log
from shared.datasets.scan import ProcessDied
from shared.datasets.tables import Dataset
from shared.db.database import sql
from shared.db.trouble import TROUBLE
from shared.errors import Fenced
from shared.runtime import Runtime
from shared.work.claim import Lease

_log = log.get(__name__)
_EVERY_SECONDS = 1.0
_WRITE = text("""
    UPDATE datasets SET progress = coalesce(progress, '{}') || jsonb_build_object(
        'bytes', CAST(:bytes AS bigint), 'lines', CAST(:lines AS bigint), 'of', CAST(:of AS bigint))
        || coalesce(CAST(:more AS jsonb), '{}')
    WHERE id = :id
""")


class Progress:
    """How far a check is; written by its thread, read by the loop."""

    def __init__(self) -> None:
        self.bytes = self.lines = 0

    def note(self, done: int, lines: int) -> None:
        """Take what a check says of itself."""
        self.bytes, self.lines = done, lines


@asynccontextmanager
async def told(runtime: Runtime, lease: Lease, dataset: Dataset) -> AsyncIterator[Progress]:
    """Yield where the check notes how far it is; while the block runs, the file's row follows."""
    progress = Progress()
    telling = asyncio.create_task(_tell(runtime, lease, dataset, progress))
    try:
        yield progress
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def tell_death(runtime: Runtime, lease: Lease, dataset: Dataset, died: ProcessDied) -> None:
    """Write down that this try ended early, and where; the next begins at the first line."""
    said = f"Try {lease.deaths + 1} of {runtime.settings.pipeline.deaths} ended early: {died}"
    await _write(runtime, lease, dataset, Progress(), more=json.dumps({"trying_again": said}))


async def _tell(runtime: Runtime, lease: Lease, dataset: Dataset, progress: Progress) -> None:
    written = 0
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        if progress.bytes == written:
            continue
        written = progress.bytes
        await _write(runtime, lease, dataset, progress)


async def _write(
    runtime: Runtime, lease: Lease, dataset: Dataset, progress: Progress, *, more: str | None = None
) -> None:
    """Write it down if that can be done: what is told of a check must not end it, nor hide how it ended."""
    shown = {"bytes": progress.bytes, "lines": progress.lines, "of": dataset.bytes, "more": more}
    try:
        async with runtime.begin() as session:
            # A worker that lost the file would tell of a check that nobody waits for.
            await lease.fence(session)
            await sql(session, _WRITE, id=dataset.id, **shown)
    except (Fenced, *TROUBLE) as exc:
        _log.info("progress.not_written", error=str(exc))
