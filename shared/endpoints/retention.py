"""Remove the log of deliveries when it is old: oldest first, batch by batch, so that nobody waits for it"""

from datetime import timedelta

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import server_time, sql
from shared.endpoints.queries import CLOCKS
from shared.wire import ids

#: By the primary key, whose order is that of time: the oldest are at its beginning, and no index of their own is kept.
_DELIVERIES = text("""
    DELETE FROM deliveries WHERE id = ANY(ARRAY(
        SELECT id FROM deliveries WHERE id < :before AND state NOT IN ('pending', 'held')
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED))
""")
_PAYLOADS = text("""
    DELETE FROM event_payloads WHERE event_id = ANY(ARRAY(
        SELECT p.event_id FROM event_payloads p WHERE p.event_id < :before
          AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = p.event_id)
        ORDER BY p.event_id LIMIT :limit FOR UPDATE OF p SKIP LOCKED))
""")
_RECOVERIES = text("""
    DELETE FROM delivery_recoveries WHERE id < :before AND state <> 'running'
""")


async def prune(session: AsyncSession, *, keep: timedelta, limit: int) -> int:
    """Remove up to `limit` deliveries, with their attempts, and payloads that are older; return how many that were."""
    at = await server_time(session) - keep - CLOCKS
    removed = (await sql(session, _DELIVERIES, before=ids.floor("dlv_", at), limit=limit)).rowcount
    # A payload whose delivery still waits is kept: what waits is sent, however old it is.
    removed += (await sql(session, _PAYLOADS, before=ids.floor("evt_", at), limit=limit)).rowcount
    await sql(session, _RECOVERIES, before=ids.floor("rcv_", at))
    return int(removed)
