"""A recovery begins, goes on batch by batch, and is done; each batch commits its place, so that a kill loses nothing"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import server_time, sql
from shared.endpoints.delivery_lifecycle import recover
from shared.endpoints.making import make_deliveries
from shared.endpoints.queries import CLOCKS
from shared.endpoints.states import DeliveryState, EndpointStatus, Origin, RecoveryState, told_off
from shared.endpoints.tables import Recovery, WebhookEndpoint
from shared.errors import Conflict, Refused
from shared.events.reactions import Step
from shared.events.record import ring
from shared.wire import ids
from shared.work.todo import schedule

#: What can be recovered: deliveries by how they ended, and events for which there never was one.
MISSED = "missed"
KINDS = (DeliveryState.FAILED, DeliveryState.DROPPED, DeliveryState.SUPPRESSED, MISSED)
#: Receivers forget the ids that they have seen; what is older is to be looked up, not sent.
LONGEST = timedelta(days=14)
#: A clock that is a little slow has not asked for the impossible.
_TOLERANCE = timedelta(minutes=5)
_MISSED = text("""
    SELECT e.id FROM events e
    WHERE e.project_id = :project AND e.id > :after AND e.type = ANY(:types)
      AND e.created_at >= :since AND e.created_at < :until
      AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = e.id AND d.endpoint_id = :endpoint)
    ORDER BY e.id LIMIT :limit
""")


async def begin(
    session: AsyncSession, endpoint: WebhookEndpoint, *, since: datetime, include: Sequence[str]
) -> Recovery:
    """Write the recovery and the work that it is; raise Refused for a time out of bounds, Conflict when disabled."""
    at = await server_time(session)
    if endpoint.status == EndpointStatus.DISABLED:
        raise Conflict(told_off(endpoint.id), param="status")
    if not at - LONGEST - _TOLERANCE <= since < at:
        raise Refused(
            f"since: {int(since.timestamp())} is not within the last {LONGEST.days} days (now: {int(at.timestamp())}).",
            param="since",
        )
    recovery = Recovery(id=ids.new("rcv_"), endpoint_id=endpoint.id, since=since, until=at, include=list(include))
    session.add(recovery)
    await session.flush()
    await session.refresh(recovery)
    await schedule(session, Step.RECOVER, recovery.id)
    return recovery


async def advance(session: AsyncSession, recovery_id: str, limit: int) -> bool:
    """Put the next batch on its way; return whether that was the last."""
    recovery = await session.get_one(Recovery, recovery_id, with_for_update=True)
    endpoint = await session.get_one(WebhookEndpoint, recovery.endpoint_id)
    kind = next((kind for kind in recovery.include if recovery.progress.get(kind) is not True), None)
    if recovery.state != RecoveryState.RUNNING:
        return True
    if endpoint.deleted_at is not None or endpoint.status == EndpointStatus.DISABLED:
        await _end(session, recovery, RecoveryState.CANCELLED)
    elif kind is None:
        await _end(session, recovery, RecoveryState.DONE)
    else:
        take = _take_missed if kind == MISSED else _take_ended
        count, last = await take(session, recovery, endpoint, kind, limit)
        recovery.recovered += count
        recovery.progress = {**recovery.progress, kind: last or True}
        await ring(session)
        return False
    return True


async def give_up(session: AsyncSession, recovery_id: str) -> None:
    """End a recovery that cannot go on; what it has put on its way stays there."""
    recovery = await session.get_one(Recovery, recovery_id, with_for_update=True)
    if recovery.state == RecoveryState.RUNNING:
        await _end(session, recovery, RecoveryState.CANCELLED)


async def _take_ended(
    session: AsyncSession, recovery: Recovery, endpoint: WebhookEndpoint, kind: str, limit: int
) -> tuple[int, str | None]:
    after = recovery.progress.get(kind) or ids.floor("dlv_", recovery.since - CLOCKS)
    times = {"since": recovery.since, "until": recovery.until}
    return await recover(session, endpoint_id=endpoint.id, state=kind, after=after, limit=limit, **times)


async def _take_missed(
    session: AsyncSession, recovery: Recovery, endpoint: WebhookEndpoint, kind: str, limit: int
) -> tuple[int, str | None]:
    after = recovery.progress.get(kind) or ids.floor("evt_", recovery.since - CLOCKS)
    fields = {"project": endpoint.project_id, "endpoint": endpoint.id, "types": endpoint.event_types}
    times = {"since": recovery.since, "until": recovery.until}
    events = [row[0] for row in await sql(session, _MISSED, **fields, **times, after=after, limit=limit)]
    count = await make_deliveries(session, events, endpoint_id=endpoint.id, origin=Origin.RECOVER)
    return count, events[-1] if events else None


async def _end(session: AsyncSession, recovery: Recovery, state: RecoveryState) -> None:
    recovery.state, recovery.finished_at = state, await server_time(session)
