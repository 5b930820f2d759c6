"""See to what was held for an endpoint that had changed when that was written: two that did not see each other"""

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import sql
from shared.endpoints import lifecycle
from shared.endpoints.delivery_lifecycle import drop_held
from shared.endpoints.tables import WebhookEndpoint

#: Of those that are told nothing more, nothing is held: an event that was just being fanned out may have been.
_GONE = text("""
    SELECT w.id, w.deleted_at IS NOT NULL AS deleted FROM webhook_endpoints w
    WHERE (w.status = 'disabled' OR w.deleted_at IS NOT NULL) AND EXISTS (
        SELECT 1 FROM deliveries d WHERE d.endpoint_id = w.id AND d.state = 'held')
    LIMIT 100
""")
_STRANDED = text("""
    SELECT w.id FROM webhook_endpoints w WHERE w.status = 'enabled' AND w.deleted_at IS NULL AND EXISTS (
        SELECT 1 FROM deliveries d WHERE d.endpoint_id = w.id AND d.state = 'held' AND d.hold = 'paused')
    LIMIT 100
""")


async def let_stranded_go(session: AsyncSession) -> int:
    """Let go what waits for enabled endpoints to be enabled; return of how many."""
    found = [row[0] for row in await sql(session, _STRANDED)]
    if not found:
        return 0
    query = select(WebhookEndpoint).where(col(WebhookEndpoint.id).in_(found), WebhookEndpoint.status == "enabled")
    endpoints = (await session.exec(query.with_for_update(skip_locked=True))).all()
    for endpoint in endpoints:
        await lifecycle.resume(session, endpoint)
    return len(endpoints)


async def drop_stranded(session: AsyncSession) -> None:
    """Drop what is held for endpoints that were disabled or deleted meanwhile."""
    for endpoint_id, deleted in await sql(session, _GONE):
        await drop_held(session, endpoint_id, f"The endpoint was {'deleted' if deleted else 'disabled'}.")
