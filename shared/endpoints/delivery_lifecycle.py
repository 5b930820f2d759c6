"""The one writer of a delivery's state, but for how a try ends: made, held, let go, sent again, merged, dropped"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import sql
from shared.endpoints.routing import FAILURES, Plan
from shared.endpoints.states import DeliveryState, Origin
from shared.endpoints.tables import Delivery
from shared.errors import Conflict
from shared.wire import ids

_INSERT = text("""
    INSERT INTO deliveries (id, event_id, endpoint_id, state, origin, hold, reason, thin, once, run_at, finished_at)
    SELECT g.id, g.event_id, g.endpoint_id, g.state, g.origin, g.hold, g.reason, g.thin, g.once,
           CASE WHEN g.hold = 'paused' THEN 'infinity' ELSE coalesce(g.run_at, clock_timestamp()) END,
           CASE WHEN g.state = 'suppressed' THEN clock_timestamp() END
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (id text, event_id text, endpoint_id text, state text,
         origin text, hold text, reason text, thin bool, once bool, run_at timestamptz)
    ON CONFLICT DO NOTHING RETURNING id
""")
#: What is under way at this instant ends first; its next try finds the pause. A sample is sent all the same.
_PAUSE = text("""
    UPDATE deliveries SET state = 'held', hold = 'paused', reason = 'The endpoint is paused.', run_at = 'infinity'
    WHERE endpoint_id = :id AND NOT once
      AND (state = 'held' OR state = 'pending' AND (lease_until IS NULL OR lease_until < clock_timestamp()))
""")
_RESUME = text("""
    UPDATE deliveries SET state = :state, hold = :hold, reason = :reason, fresh = true,
           -- Due since it was made: in the order in which things happened.
           run_at = coalesce(CAST(:run_at AS timestamptz), created_at)
    WHERE endpoint_id = :id AND state = 'held' AND hold = 'paused' AND :failures = EXISTS (
        SELECT 1 FROM event_payloads p WHERE p.event_id = deliveries.event_id AND p.event_type = ANY(:kinds))
""")
_DROP_HELD = text("""
    UPDATE deliveries SET state = 'dropped', hold = NULL, reason = :reason, last_error = :reason,
           finished_at = clock_timestamp()
    WHERE endpoint_id = :id AND state = 'held'
""")
_LET_GO = text("""
    UPDATE deliveries SET state = 'pending', hold = NULL, run_at = clock_timestamp() WHERE id = ANY(ARRAY(
        SELECT id FROM deliveries WHERE state = 'held' AND hold IN ('quiet_hours', 'muted')
          AND run_at <= statement_timestamp() ORDER BY run_at LIMIT :limit FOR UPDATE SKIP LOCKED))
""")
_MUTE_ENDS = text("""
    UPDATE deliveries SET run_at = coalesce(CAST(:until AS timestamptz), clock_timestamp())
    WHERE endpoint_id = :id AND state = 'held' AND hold = 'muted'
""")
_MERGE = text("""
    UPDATE deliveries SET state = 'merged', hold = NULL, merged_into = :into, reason = :reason,
           finished_at = clock_timestamp()
    WHERE id = ANY(:ids)
""")
_SEND_HELD = text(
    "UPDATE deliveries SET state = 'pending', hold = NULL, run_at = clock_timestamp() WHERE id = ANY(:ids)"
)
#: In the order in which they were made, from where the batch before it ended, and behind what is new. A muted endpoint
#: gets them when the mute ends, a paused one when it is enabled.
_RECOVER = text("""
    WITH chosen AS MATERIALIZED (
        SELECT d.id FROM deliveries d WHERE d.endpoint_id = :endpoint AND d.state = :state AND d.id > :after
          AND d.origin <> 'test'
          AND d.created_at >= :since AND d.created_at < :until
        ORDER BY d.id LIMIT :limit FOR UPDATE
    ), put AS (
        UPDATE deliveries d SET once = true, origin = 'recover', fresh = false, finished_at = NULL, lease_until = NULL,
               state = CASE WHEN w.status = 'paused' OR w.muted_until > clock_timestamp() THEN 'held'
                       ELSE 'pending' END,
               hold = CASE WHEN w.status = 'paused' THEN 'paused'
                      WHEN w.muted_until > clock_timestamp() THEN 'muted' END,
               reason = CASE WHEN w.status = 'paused' THEN 'The endpoint is paused.'
                        WHEN w.muted_until > clock_timestamp() THEN 'Recovered while the endpoint is muted.' END,
               run_at = CASE WHEN w.status = 'paused' THEN 'infinity'
                        ELSE greatest(w.muted_until, clock_timestamp()) END
        FROM chosen, webhook_endpoints w WHERE d.id = chosen.id AND w.id = d.endpoint_id
        RETURNING d.id
    )
    SELECT count(*), max(id) FROM put
""")


@dataclass(frozen=True)
class New:
    """A delivery to be written."""

    event_id: str
    endpoint_id: str
    plan: Plan
    origin: Origin = Origin.EVENT
    thin: bool = False
    once: bool = False


async def insert(session: AsyncSession, made: Sequence[New]) -> list[str]:
    """Write deliveries and return the ids of those that are new."""
    rows = json.dumps([_row(new) for new in made])
    return [row[0] for row in await sql(session, _INSERT, rows=rows)]


async def hold_all(session: AsyncSession, endpoint_id: str) -> None:
    """Hold what waits for an endpoint until it is enabled."""
    await sql(session, _PAUSE, id=endpoint_id)


async def let_all_go(session: AsyncSession, endpoint_id: str, plan: Plan, *, failures: bool) -> int:
    """Do as planned with what a pause held of failures, or of all the rest."""
    asked = {"failures": failures, "kinds": list(FAILURES)}
    fields = {"state": plan.state, "hold": plan.hold, "reason": plan.reason, "run_at": plan.run_at}
    return (await sql(session, _RESUME, id=endpoint_id, **asked, **fields)).rowcount


async def drop_held(session: AsyncSession, endpoint_id: str, reason: str) -> None:
    """Drop what is held for an endpoint that is told nothing more."""
    await sql(session, _DROP_HELD, id=endpoint_id, reason=reason)


async def let_go(session: AsyncSession, limit: int) -> int:
    """Put what quiet hours held on its way, now that they are over; return how many that were."""
    return (await sql(session, _LET_GO, limit=limit)).rowcount


async def mute_ends(session: AsyncSession, endpoint_id: str, until: datetime | None) -> None:
    """Let what waits for the end of a mute wait for its new end; None: it is over."""
    await sql(session, _MUTE_ENDS, id=endpoint_id, until=until)


async def merge(session: AsyncSession, delivery_ids: Sequence[str], into: str) -> None:
    """End deliveries that a digest tells of."""
    await sql(session, _MERGE, ids=list(delivery_ids), into=into, reason=f"Told in the digest {into}.")


async def send_held(session: AsyncSession, delivery_ids: Sequence[str]) -> None:
    """Put held deliveries on their way as they are."""
    await sql(session, _SEND_HELD, ids=list(delivery_ids))


def resend(delivery: Delivery, at: datetime) -> None:
    """Send it again: the same id and bytes, the secret of today, one try. What waits for its next try has it now.

    Raises Conflict for what is being sent at this instant, and for what a digest told.
    """
    if delivery.state == DeliveryState.MERGED:
        raise Conflict(f"{delivery.id} was told in the digest {delivery.merged_into}. Resend that.")
    if delivery.lease_until is not None and delivery.lease_until > at:
        raise Conflict(f"{delivery.id} is being sent right now. Look at its attempts in half a minute.")
    if delivery.state not in {DeliveryState.PENDING, DeliveryState.HELD}:
        # A sample stays one: nobody has missed it.
        delivery.origin = Origin.TEST if delivery.origin == Origin.TEST else Origin.RESEND
        delivery.once = True
    delivery.state, delivery.hold, delivery.reason = DeliveryState.PENDING, None, None
    delivery.run_at, delivery.finished_at, delivery.fresh = at, None, True


async def recover(
    session: AsyncSession, *, endpoint_id: str, state: str, since: datetime, until: datetime, after: str, limit: int
) -> tuple[int, str | None]:
    """Send a batch of what ended in `state` again, once each; return how many, and the last of them."""
    fields = {"endpoint": endpoint_id, "state": state, "since": since, "until": until}
    count, last = (await sql(session, _RECOVER, **fields, after=after, limit=limit)).one()
    return count, last


def _row(new: New) -> dict[str, object]:
    return {
        "id": ids.new("dlv_"),
        "event_id": new.event_id,
        "endpoint_id": new.endpoint_id,
        "state": new.plan.state,
        "origin": new.origin,
        "hold": new.plan.hold,
        "reason": new.plan.reason,
        "run_at": new.plan.run_at.isoformat() if new.plan.run_at else None,
        "thin": new.thin,
        "once": new.once,
    }
