"""Write the lines of a job's event list: ours, and the provider's in our words."""

from collections.abc import Iterable

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.clock import from_unix
from shared.jobs.tables import Job, JobCheckpoint, JobEvent
from shared.provider.answers import ProviderCheckpoint, ProviderEvent
from shared.wire import ids

#: Eight values at most each: the protocol takes 32,767 in a statement, and a job may have ended before its first poll.
_ROWS = 1000


def note(session: AsyncSession, job_id: str, message: str, *, level: str = "info") -> None:
    """Add a line of ours."""
    session.add(JobEvent(id=ids.new("ftevent-"), job_id=job_id, level=level, message=message, type="message"))


async def known_event_ids(session: AsyncSession, job_id: str) -> frozenset[str]:
    """Return the provider's ids of the newest lines we have: enough to tell where the new ones begin."""
    query = select(JobEvent.provider_event_id).where(
        JobEvent.job_id == job_id, col(JobEvent.provider_event_id).is_not(None)
    )
    newest = query.order_by(col(JobEvent.id).desc()).limit(200)
    return frozenset(found for found in (await session.exec(newest)).all() if found)


async def copy_events(session: AsyncSession, job: Job, events: Iterable[ProviderEvent], names: dict[str, str]) -> None:
    """Add the provider's lines, each once, its ids replaced by ours (`names`); what we said already is left out."""
    said = set(
        (
            await session.exec(
                select(JobEvent.message).where(JobEvent.job_id == job.id, col(JobEvent.provider_event_id).is_(None))
            )
        ).all()
    )
    rows = []
    for event in events:
        message = event.message
        for theirs, ours in names.items():
            message = message.replace(theirs, ours)
        if event.type == "message" and message in said:
            continue
        rows.append(
            {
                "id": ids.new("ftevent-"),
                "job_id": job.id,
                "created_at": from_unix(event.created_at),
                "level": event.level,
                "message": message,
                "type": event.type,
                "data": event.data,
                "provider_event_id": event.id,
            }
        )
    for start in range(0, len(rows), _ROWS):
        await session.exec(insert(JobEvent).values(rows[start : start + _ROWS]).on_conflict_do_nothing())


async def copy_checkpoints(session: AsyncSession, job: Job, checkpoints: Iterable[ProviderCheckpoint]) -> None:
    """Add the provider's checkpoints, each once."""
    rows = [
        {
            "id": ids.new("ftckpt_"),
            "job_id": job.id,
            "model": checkpoint.model,
            "step": checkpoint.step,
            "metrics": checkpoint.metrics,
            "created_at": from_unix(checkpoint.created_at),
        }
        for checkpoint in checkpoints
    ]
    for start in range(0, len(rows), _ROWS):
        await session.exec(insert(JobCheckpoint).values(rows[start : start + _ROWS]).on_conflict_do_nothing())
