"""Write down how tries ended: the attempt, the delivery's state, and what follows for its endpoint"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import sql
from shared.endpoints.deliveries import Claimed
from shared.endpoints.health_lifecycle import note
from shared.endpoints.lifecycle import set_aside, switch_off
from shared.endpoints.policy import Answer, Delivered, Disable, Dropped, GaveUp, Outcome, Pause, Paused, TryAgain
from shared.endpoints.states import DeliveryState, Hold

#: What a log of attempts is for needs no more of an answer; more would make it a way to read foreign pages.
KEPT_ANSWER_BYTES = 2 * 1024

_COLUMNS = {
    "id": "text",
    "epoch": "bigint",
    "state": "text",
    "after": "float8",
    "error": "text",
    "hold": "text",
    "reason": "text",
    "number": "int",
    "started_at": "timestamptz",
    "duration_ms": "int",
    "status_code": "int",
    "failure": "text",
    "answer": "text",
    "request_id": "text",
}
#: Fenced by the epoch: of what another process claimed meanwhile, nothing is written. Arrays, one for each column, are
#: a third cheaper to write and to read than JSON.
_SETTLE = text(f"""
    WITH given AS MATERIALIZED (
        SELECT * FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _COLUMNS.items())})
             AS g ({", ".join(_COLUMNS)})
    ), mine AS (
        UPDATE deliveries d SET last_error = g.error, hold = g.hold, reason = coalesce(g.reason, d.reason),
               -- What arrived once has arrived: a resend that fails is in the log of attempts.
               state = CASE WHEN g.state = 'failed' AND d.delivered_at IS NOT NULL THEN 'delivered' ELSE g.state END,
               lease_until = NULL, lease_owner = NULL, fresh = d.fresh AND g.state <> 'pending',
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
    SELECT id FROM mine
""")  # noqa: S608 (our own columns)


@dataclass(frozen=True)
class Ended:
    """A claimed delivery with how its try ended and what follows. No answer: it was never tried."""

    delivery: Claimed
    outcome: Outcome
    answer: Answer | None


async def settle(session: AsyncSession, ended: Sequence[Ended]) -> int:
    """Record attempts and what follows from them, for many deliveries at once; return how many were still ours."""
    # In one order everywhere, so that two processes never wait for each other's rows.
    rows = sorted((_row(end) for end in ended), key=lambda row: row["id"])
    columns = {name: [row.get(name) for row in rows] for name in _COLUMNS}
    mine = {row[0] for row in await sql(session, _SETTLE, **columns)}
    ours = [end for end in ended if end.delivery.id in mine]
    await _follow(session, ours)
    return len(mine)


async def _follow(session: AsyncSession, ours: Iterable[Ended]) -> None:
    tried = []
    for end in ours:
        match end.outcome:
            case Disable(reason):
                await switch_off(session, end.delivery.endpoint_id, reason)
            case Pause(reason):
                await set_aside(session, end.delivery.endpoint_id, reason)
            case _ if end.answer is not None and not end.delivery.once:
                arrived = end.answer.reached or isinstance(end.outcome, Delivered)
                tried.append((end.delivery, end.answer, arrived))
    await note(session, tried)


def _row(end: Ended) -> dict[str, Any]:
    row: dict[str, Any] = {"id": end.delivery.id, "epoch": end.delivery.epoch, "number": end.delivery.attempt}
    match end.outcome:
        case Delivered() | Disable(delivered=True):
            row |= {"state": DeliveryState.DELIVERED}
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
        "started_at": answer.at,
        "duration_ms": round(answer.seconds * 1000),
        "status_code": answer.status,
        "failure": answer.error,
        "answer": answer.body,
        "request_id": answer.request_id,
    }
