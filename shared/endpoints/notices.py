"""Tell a project's people that one of its endpoints fails, is paused or was switched off: by their other channels"""

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import sql
from shared.endpoints.delivery_lifecycle import New, insert
from shared.endpoints.making import write_payload
from shared.endpoints.payloads import render
from shared.endpoints.routing import SEND
from shared.endpoints.states import Origin
from shared.events.tables import Event

#: People are told whether or not they asked for the type; a program that did not would not know what to do with it.
_OTHERS = text("""
    SELECT id FROM webhook_endpoints
    WHERE project_id = :project_id AND id <> :subject_id AND channel <> 'webhook' AND status = 'enabled'
      AND deleted_at IS NULL AND coalesce(muted_until <= clock_timestamp(), true)
""")


async def tell_others(session: AsyncSession, event: Event) -> None:
    """Write a delivery of an endpoint's event to each other endpoint of the project that people read."""
    found = await sql(session, _OTHERS, project_id=event.project_id, subject_id=event.subject_id)
    others = [row[0] for row in found]
    if not others:
        return
    await session.refresh(event)
    assert event.told is not None, "endpoints may hear of it"
    bodies = render(
        event_id=event.id,
        event_type=event.type,
        created_at=event.created_at,
        sequence=event.told,
        data=event.data,
    )
    await write_payload(session, event.id, event.type, bodies)
    # The event's own fan-out finds these already there, and adds those who asked.
    await insert(session, [New(event.id, endpoint_id, SEND, Origin.NOTICE) for endpoint_id in others])
