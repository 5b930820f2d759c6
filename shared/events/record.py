"""Record an event, and from the table of reactions the work that follows, in the caller's transaction."""

from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import sql
from shared.events.catalogue import EventType
from shared.events.reactions import Step, is_told, steps_after
from shared.events.tables import Event
from shared.wire import ids
from shared.work.todo import schedule

#: What the notifier listens on. A notice is only a hint, like a wake-up: it polls as well.
CHANNEL = "tuneyard_events"
_NEXT = text(
    "SELECT coalesce(max(sequence), 0) + 1, coalesce(max(told), 0) + 1 FROM events WHERE subject_id = :subject_id"
)
_RING = text("SELECT pg_notify(:channel, '')")


async def record(
    session: AsyncSession, event_type: EventType, *, project_id: str, subject_id: str, data: dict[str, Any]
) -> Event:
    """Write the event and what follows from it. The caller holds the subject's row locked, so no number is left out."""
    sequence, told = (await sql(session, _NEXT, subject_id=subject_id)).one()
    event = Event(
        id=ids.new("evt_"),
        project_id=project_id,
        type=event_type,
        subject_id=subject_id,
        sequence=sequence,
        told=told if is_told(event_type) else None,
        data=data,
    )
    session.add(event)
    await session.flush()
    for step in steps_after(event_type):
        await schedule(session, step, subject_id)
    if is_told(event_type):
        await schedule(session, Step.FANOUT, event.id, wake=False)
        await ring(session)
    return event


async def ring(session: AsyncSession) -> None:
    """Rouse the notifier the instant this transaction commits, and not if it does not."""
    await sql(session, _RING, channel=CHANNEL)
