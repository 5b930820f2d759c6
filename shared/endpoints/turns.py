"""Let what waits for its turn be due with what it waits for, so that claims do not look at it in vain"""

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import sql
from shared.endpoints.deliveries import MOST_LOOKED_AT

#: Looked at in one go, of each endpoint: some fifty milliseconds.
MOST_PLACED = 1000
#: Of an endpoint with so many due that a claim does not see them all, what is behind one that waits for its next try
#: waits with it; and what was put off so comes back as soon as it is free. Never put off by a try of its own: fresh.
_PLACE = text("""
    WITH kept AS MATERIALIZED (
        SELECT w.id FROM webhook_endpoints w
        WHERE (w.ordered OR w.channel = 'slack') AND w.status = 'enabled' AND w.deleted_at IS NULL
    ), looked AS MATERIALIZED (
        SELECT d.id, d.event_id, d.endpoint_id, d.run_at, true AS due FROM kept CROSS JOIN LATERAL (
            SELECT *, count(*) OVER () AS crowd FROM (
                SELECT * FROM deliveries
                WHERE state = 'pending' AND endpoint_id = kept.id AND fresh AND run_at <= statement_timestamp()
                ORDER BY run_at LIMIT :most) nearest
        ) d WHERE d.crowd >= :crowd
        UNION ALL
        SELECT d.id, d.event_id, d.endpoint_id, d.run_at, false FROM kept CROSS JOIN LATERAL (
            SELECT * FROM deliveries
            WHERE state = 'pending' AND endpoint_id = kept.id AND fresh AND run_at > statement_timestamp()
            ORDER BY run_at LIMIT :most) d
    ), placed AS MATERIALIZED (
        SELECT l.*, (SELECT max(o.run_at) FROM events mine
                     JOIN events e ON e.subject_id = mine.subject_id AND e.sequence < mine.sequence
                     JOIN deliveries o ON o.event_id = e.id AND o.endpoint_id = l.endpoint_id
                     WHERE mine.id = l.event_id AND o.state = 'pending' AND NOT o.once) AS behind
        FROM looked l
    ), moved AS MATERIALIZED (
        SELECT d.id, coalesce(p.behind, statement_timestamp()) AS run_at FROM deliveries d JOIN placed p ON p.id = d.id
        WHERE d.state = 'pending' AND NOT d.once AND (d.lease_until IS NULL OR d.lease_until < statement_timestamp())
          AND CASE WHEN p.due THEN p.behind > p.run_at ELSE coalesce(p.behind < p.run_at, true) END
        FOR NO KEY UPDATE OF d SKIP LOCKED
    )
    UPDATE deliveries d SET run_at = moved.run_at FROM moved WHERE d.id = moved.id
""")


async def place(session: AsyncSession) -> int:
    """Put deliveries that must stay in order where their turn is; return how many were moved."""
    return (await sql(session, _PLACE, most=MOST_PLACED, crowd=MOST_LOOKED_AT)).rowcount
