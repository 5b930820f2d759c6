"""The one writer of the states of endpoints and deliveries."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import sql
from shared.endpoints.deliveries import Claimed
from shared.endpoints.policy import Answer, Delivered, Disable, Dropped, GaveUp, Outcome, TryAgain
from shared.endpoints.states import DeliveryState, EndpointStatus
from shared.endpoints.tables import WebhookEndpoint

#: What a log of attempts is for needs no more of an answer; more would make it a way to read foreign pages.
KEPT_ANSWER_BYTES = 2 * 1024

#: Fenced by the epoch: of what another process claimed meanwhile, nothing is written.
_SETTLE = text("""
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (id text, epoch bigint, state text, after float8,
            error text, number int, started_at timestamptz, duration_ms int, status_code int, failure text, answer text)
    ), mine AS (
        UPDATE deliveries d SET state = g.state, last_error = g.error, lease_until = NULL, lease_owner = NULL,
               run_at = CASE WHEN g.state = 'pending' THEN clock_timestamp() + make_interval(secs => g.after)
                        ELSE d.run_at END,
               finished_at = CASE WHEN g.state = 'pending' THEN NULL ELSE clock_timestamp() END
        FROM given g WHERE d.id = g.id AND d.epoch = g.epoch AND d.state = 'pending'
        RETURNING d.id
    ), told AS (
        INSERT INTO delivery_attempts (delivery_id, number, started_at, duration_ms, status_code, error, answer)
        SELECT g.id, g.number, g.started_at, g.duration_ms, g.status_code, g.failure, g.answer
        FROM given g JOIN mine USING (id) WHERE g.started_at IS NOT NULL
    )
    SELECT count(*) FROM mine
""")
_DISABLE = text("""
    UPDATE webhook_endpoints SET status = 'disabled', status_reason = :reason, updated_at = clock_timestamp()
    WHERE id = :id AND status = 'enabled'
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
        if isinstance(end.outcome, Disable):
            await sql(session, _DISABLE, id=end.delivery.endpoint_id, reason=end.outcome.reason)
    return count


def enable(endpoint: WebhookEndpoint) -> None:
    """Tell the endpoint of events again, from now on."""
    endpoint.status, endpoint.status_reason = EndpointStatus.ENABLED, None


def disable(endpoint: WebhookEndpoint, reason: str) -> None:
    """Tell it nothing more; what waits for it is dropped when its turn comes."""
    endpoint.status, endpoint.status_reason = EndpointStatus.DISABLED, reason


def delete(endpoint: WebhookEndpoint, at: datetime) -> None:
    """Take it off every list. The row stays, without secrets, for the log of what it was sent."""
    endpoint.deleted_at = at
    endpoint.secret, endpoint.previous_secret = "", None


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
            row |= {"state": DeliveryState.DROPPED, "error": reason}
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
    }
