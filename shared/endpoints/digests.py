"""Send what was collected as one: a digest is a delivery of its own, and those it tells of end in it"""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import sql
from shared.endpoints.delivery_lifecycle import New, insert, merge, send_held
from shared.endpoints.making import write_payload
from shared.endpoints.payloads import render
from shared.endpoints.routing import SEND
from shared.endpoints.states import Origin
from shared.wire import ids

#: What the message calls itself: no event of the catalogue, because nothing happened but that time passed.
DIGEST = "digest"
#: Events in one; more make another. A mail of a hundred paragraphs is the longest that anybody reads.
MOST_EVENTS = 100
#: Whoever locks the endpoint's row sends its digest; another notifier passes by.
_DUE = text("""
    SELECT w.id FROM webhook_endpoints w WHERE w.deleted_at IS NULL AND w.id = ANY(ARRAY(
        SELECT DISTINCT due.endpoint_id FROM (
            SELECT d.endpoint_id FROM deliveries d WHERE d.state = 'held' AND d.hold = 'digest'
              AND d.run_at <= statement_timestamp() ORDER BY d.run_at LIMIT 500) due))
    FOR NO KEY UPDATE SKIP LOCKED
""")
_COLLECTED = text("""
    SELECT d.id, d.event_id, p.body, clock_timestamp() AS at
    FROM deliveries d JOIN event_payloads p ON p.event_id = d.event_id
    WHERE d.endpoint_id = :endpoint AND d.state = 'held' AND d.hold = 'digest' AND d.run_at <= statement_timestamp()
    ORDER BY d.id LIMIT :limit FOR UPDATE OF d
""")


async def send_digests(session: AsyncSession) -> int:
    """Send each endpoint what was collected for it and is due, in one message; return how many messages those are."""
    endpoints = [row[0] for row in await sql(session, _DUE)]
    for endpoint_id in endpoints:
        await _send(session, endpoint_id)
    return len(endpoints)


async def _send(session: AsyncSession, endpoint_id: str) -> None:
    collected = (await sql(session, _COLLECTED, endpoint=endpoint_id, limit=MOST_EVENTS)).all()
    if len(collected) == 1:
        # One event is told as itself.
        await send_held(session, [collected[0].id])
    elif collected:
        event_id = ids.new("evt_")
        events = [json.loads(row.body) for row in collected]
        await write_payload(session, event_id, DIGEST, _render(event_id, endpoint_id, events, collected[0].at))
        (delivery_id,) = await insert(session, [New(event_id, endpoint_id, SEND, origin=Origin.DIGEST)])
        await merge(session, [row.id for row in collected], delivery_id)


def _render(event_id: str, endpoint_id: str, events: list[dict[str, Any]], at: datetime) -> Any:
    data = {"id": endpoint_id, "object": "webhook_endpoint.digest", "count": len(events), "events": events}
    return render(event_id=event_id, event_type=DIGEST, created_at=at, sequence=1, data=data)
