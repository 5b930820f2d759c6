"""Bytes are stored before their row: promise first that they are removed, and take that back with the row."""

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.events.reactions import Step
from shared.work.todo import schedule, take_back

#: No upload takes a day: each piece of it comes within minutes, or the connection ends.
SWEPT_AFTER_SECONDS = 24 * 3600


def stored_as(file_id: str) -> str:
    """Return the name under which the bytes of an upload are stored."""
    return f"datasets/{file_id}"


async def begin(session: AsyncSession, file_id: str) -> None:
    """Promise that the bytes are removed, in case nobody lives to record the file or to remove them."""
    await schedule(session, Step.SWEEP, file_id, after=SWEPT_AFTER_SECONDS)


async def end(session: AsyncSession, file_id: str) -> bool:
    """Take the promise back, with the file's row or because the bytes are removed; False when they may be gone."""
    return await take_back(session, Step.SWEEP, file_id)
