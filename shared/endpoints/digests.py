"""Send what was collected as one: a digest is a delivery of its own, and those it tells of end in it"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import sql
from shared.endpoints.delivery_lifecycle import New, insert, merge, send_held
from shared.endpoints.making import write_payload
from shared.endpoints.payloads import Bodies, render
from shared.endpoints.routing import FAILURES, SEND
from shared.endpoints.states import Origin
from shared.wire import ids

#: What the message calls itself: no event of the catalogue, because nothing happened but that time passed.
DIGEST = "digest"
#: Events that one tells, what went wrong first; the rest are counted. A mail of more lines nobody reads.
MOST_EVENTS = 100
#: Events that end in one, in a transaction; more make another.
MOST_MERGED = 10_000
#: Whoever locks the endpoint's row sends its digest; another notifier passes by.
_DUE = text("""
    SELECT w.id FROM webhook_endpoints w WHERE w.deleted_at IS NULL AND w.id = ANY(ARRAY(
        SELECT DISTINCT due.endpoint_id FROM (
            SELECT d.endpoint_id FROM deliveries d WHERE d.state = 'held' AND d.hold = 'digest'
              AND d.run_at <= statement_timestamp() ORDER BY d.run_at LIMIT 500) due))
    FOR NO KEY UPDATE SKIP LOCKED
""")
_COLLECTED = text("""
    SELECT d.id, d.event_id, d.origin, p.event_type, clock_timestamp() AS at
    FROM deliveries d JOIN event_payloads p ON p.event_id = d.event_id
    WHERE d.endpoint_id = :endpoint AND d.state = 'held' AND d.hold = 'digest' AND d.run_at <= statement_timestamp()
    ORDER BY d.id LIMIT :limit FOR UPDATE OF d
""")
_BODIES = text("SELECT event_id, body FROM event_payloads WHERE event_id = ANY(:events)")


async def send_digests(session: AsyncSession) -> int:
    """Send each endpoint what was collected for it and is due, in one message; return how many messages those are."""
    endpoints = [row[0] for row in await sql(session, _DUE)]
    return sum([await _send(session, endpoint_id) for endpoint_id in endpoints])


async def _send(session: AsyncSession, endpoint_id: str) -> int:
    found = (await sql(session, _COLLECTED, endpoint=endpoint_id, limit=MOST_MERGED)).all()
    collected = [row for row in found if row.origin != Origin.DIGEST]
    # One event is told as itself, and so is a digest that a pause held: it is collected already.
    whole = [row.id for row in found if row.origin == Origin.DIGEST or len(collected) == 1]
    await send_held(session, whole)
    if len(collected) <= 1:
        return len(whole)
    event_id = ids.new("evt_")
    await write_payload(session, event_id, DIGEST, await _rendered(session, event_id, endpoint_id, collected))
    (delivery_id,) = await insert(session, [New(event_id, endpoint_id, SEND, origin=Origin.DIGEST)])
    await merge(session, [row.id for row in collected], delivery_id)
    return len(whole) + 1


async def _rendered(session: AsyncSession, event_id: str, endpoint_id: str, collected: Sequence[Any]) -> Bodies:
    worst_first = sorted(collected, key=lambda row: row.event_type not in FAILURES)
    told = [row.event_id for row in worst_first[:MOST_EVENTS]]
    bodies = {row.event_id: row.body for row in await sql(session, _BODIES, events=told)}
    data = {
        "id": endpoint_id,
        "object": "webhook_endpoint.digest",
        "count": len(collected),
        "types": Counter(row.event_type for row in collected),
        # In the order in which they happened, as each would have been sent by itself.
        "events": [json.loads(bodies[row.event_id]) for row in collected if row.event_id in bodies],
    }
    return render(event_id=event_id, event_type=DIGEST, created_at=collected[0].at, sequence=1, data=data)
