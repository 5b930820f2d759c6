"""The one writer of an endpoint's status, and of how a try of a delivery ends"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import server_time, sql
from shared.endpoints.deliveries import Claimed
from shared.endpoints.delivery_lifecycle import drop_held, hold_all, let_all_go
from shared.endpoints.policy import Answer, Delivered, Disable, Dropped, GaveUp, Outcome, Pause, Paused, TryAgain
from shared.endpoints.routing import Wishes, wait
from shared.endpoints.states import DeliveryState, EndpointStatus, Hold
from shared.endpoints.tables import WebhookEndpoint
from shared.endpoints.view import show
from shared.events.catalogue import EventType
from shared.events.record import record, ring

#: What a log of attempts is for needs no more of an answer; more would make it a way to read foreign pages.
KEPT_ANSWER_BYTES = 2 * 1024

#: Fenced by the epoch: of what another process claimed meanwhile, nothing is written.
_SETTLE = text("""
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (id text, epoch bigint, state text, after float8,
            error text, hold text, reason text, number int, started_at timestamptz, duration_ms int, status_code int,
            failure text, answer text, request_id text)
    ), mine AS (
        UPDATE deliveries d SET last_error = g.error, hold = g.hold, reason = coalesce(g.reason, d.reason),
               -- What arrived once has arrived: a resend that fails is in the log of attempts.
               state = CASE WHEN g.state = 'failed' AND d.delivered_at IS NOT NULL THEN 'delivered' ELSE g.state END,
               lease_until = NULL, lease_owner = NULL,
               attempt = CASE WHEN g.started_at IS NULL THEN d.attempt - 1 ELSE d.attempt END,
               run_at = CASE g.state WHEN 'pending' THEN clock_timestamp() + make_interval(secs => g.after)
                        WHEN 'held' THEN 'infinity' ELSE d.run_at END,
               finished_at = CASE WHEN g.state IN ('pending', 'held') THEN NULL ELSE clock_timestamp() END,
               delivered_at = CASE WHEN g.state = 'delivered' THEN coalesce(d.delivered_at, clock_timestamp())
                              ELSE d.delivered_at END
        FROM given g WHERE d.id = g.id AND d.epoch = g.epoch AND d.state = 'pending'
        RETURNING d.id
    ), told AS (
        INSERT INTO delivery_attempts (delivery_id, number, started_at, duration_ms, status_code, error, answer,
                                       request_id)
        SELECT g.id, g.number, g.started_at, g.duration_ms, g.status_code, g.failure, g.answer, g.request_id
        FROM given g JOIN mine USING (id) WHERE g.started_at IS NOT NULL
    )
    SELECT count(*) FROM mine
""")


@dataclass(frozen=True)
class Ended:
    """A claimed delivery with how its try ended and what follows. No answer: it was never tried."""

    delivery: Claimed
    outcome: Outcome
    answer: Answer | None


async def settle(session: AsyncSession, ended: Sequence[Ended]) -> int:
    """Record attempts and what follows from them, for many deliveries at once; return how many were still ours."""
    rows = json.dumps([_row(end) for end in ended])
    count: int = (await sql(session, _SETTLE, rows=rows)).scalar_one()
    for end in ended:
        match end.outcome:
            case Disable(reason):
                await switch_off(session, end.delivery.endpoint_id, reason)
            case Pause(reason):
                await set_aside(session, end.delivery.endpoint_id, reason)
    return count


async def switch_off(session: AsyncSession, endpoint_id: str, reason: str) -> bool:
    """Disable an endpoint that a member did not, and record the event that tells the others; False if it was off."""
    endpoint = await _locked(session, endpoint_id)
    if endpoint is None or endpoint.status == EndpointStatus.DISABLED:
        return False
    await disable(session, endpoint, reason)
    await session.flush()
    await record(
        session,
        EventType.ENDPOINT_DISABLED,
        project_id=endpoint.project_id,
        subject_id=endpoint.id,
        data=show(endpoint),
    )
    return True


async def set_aside(session: AsyncSession, endpoint_id: str, reason: str) -> bool:
    """Pause an endpoint that a member did not, for a reason that a member can mend; False if it was not enabled."""
    endpoint = await _locked(session, endpoint_id)
    if endpoint is None or endpoint.status != EndpointStatus.ENABLED:
        return False
    await pause(session, endpoint, reason)
    return True


async def enable(session: AsyncSession, endpoint: WebhookEndpoint) -> None:
    """Tell the endpoint of events again, and of those that a pause held back."""
    endpoint.status, endpoint.status_reason = EndpointStatus.ENABLED, None
    endpoint.updated_at = await server_time(session)
    endpoint.failing_since, endpoint.warned_percent = None, 0
    endpoint.slowed_until, endpoint.slow_seconds = None, None
    await resume(session, endpoint)


async def resume(session: AsyncSession, endpoint: WebhookEndpoint) -> None:
    """Put what a pause held on its way, or into the quiet hours or the digest that hold it now."""
    at = await server_time(session)
    wishes = Wishes(endpoint.status, endpoint.filter, None, endpoint.quiet_hours, endpoint.digest_minutes)
    await let_all_go(session, endpoint.id, wait(wishes, "", at=at, digest_ends=at))
    await ring(session)


async def pause(session: AsyncSession, endpoint: WebhookEndpoint, reason: str) -> None:
    """Hold what there is to tell it until it is enabled. What is under way at this instant ends first."""
    endpoint.status, endpoint.status_reason = EndpointStatus.PAUSED, reason
    endpoint.updated_at = await server_time(session)
    await hold_all(session, endpoint.id)


async def disable(session: AsyncSession, endpoint: WebhookEndpoint, reason: str) -> None:
    """Tell it nothing more; what is held for it is dropped now, and what waits when its turn comes."""
    endpoint.status, endpoint.status_reason = EndpointStatus.DISABLED, reason
    endpoint.updated_at = await server_time(session)
    await drop_held(session, endpoint.id, "The endpoint was disabled.")


async def delete(session: AsyncSession, endpoint: WebhookEndpoint) -> None:
    """Take it off every list. The row stays, without secrets, for the log of what it was sent."""
    endpoint.deleted_at = await server_time(session)
    endpoint.secret, endpoint.previous_secrets, endpoint.ed25519_key = None, [], None
    endpoint.credentials, endpoint.headers = None, None
    await drop_held(session, endpoint.id, "The endpoint was deleted.")


async def _locked(session: AsyncSession, endpoint_id: str) -> WebhookEndpoint | None:
    query = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id, col(WebhookEndpoint.deleted_at).is_(None))
    return (await session.exec(query.with_for_update())).one_or_none()


def _row(end: Ended) -> dict[str, Any]:
    row: dict[str, Any] = {"id": end.delivery.id, "epoch": end.delivery.epoch, "number": end.delivery.attempt}
    match end.outcome:
        case Delivered():
            row |= {"state": DeliveryState.DELIVERED, "error": None}
        case TryAgain(after, why):
            row |= {"state": DeliveryState.PENDING, "after": after, "error": why}
        case GaveUp(reason) | Disable(reason):
            row |= {"state": DeliveryState.FAILED, "error": reason}
        case Dropped(reason):
            row |= {"state": DeliveryState.DROPPED, "error": reason, "reason": reason}
        case Pause(reason) | Paused(reason):
            row |= {"state": DeliveryState.HELD, "hold": Hold.PAUSED, "error": reason, "reason": reason}
    if end.answer is not None:
        row |= _attempt(end.answer)
    return row


def _attempt(answer: Answer) -> dict[str, Any]:
    return {
        "started_at": answer.at.isoformat(),
        "duration_ms": round(answer.seconds * 1000),
        "status_code": answer.status,
        "failure": answer.error,
        "answer": answer.body,
        "request_id": answer.request_id,
    }
