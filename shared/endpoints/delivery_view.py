"""Deliveries, their attempts, and recoveries as the API shows them"""

from collections.abc import Sequence
from typing import Any

from shared.clock import unix
from shared.endpoints.states import DeliveryState, Hold
from shared.endpoints.tables import Delivery, DeliveryAttempt, Recovery


def show_delivery(delivery: Delivery, event_type: str, attempts: Sequence[DeliveryAttempt]) -> dict[str, Any]:
    """Return a delivery with every attempt; `next_attempt_at` is null once nothing more is tried, and while paused."""
    return {
        "id": delivery.id,
        "object": "webhook_delivery",
        "created_at": unix(delivery.created_at),
        "webhook_endpoint_id": delivery.endpoint_id,
        "event_id": delivery.event_id,
        "event_type": event_type,
        "state": delivery.state,
        "origin": delivery.origin,
        "hold": delivery.hold,
        "reason": delivery.reason,
        "merged_into": delivery.merged_into,
        "next_attempt_at": unix(delivery.run_at) if _has_a_time(delivery) else None,
        "delivered_at": unix(delivery.delivered_at) if delivery.delivered_at else None,
        "finished_at": unix(delivery.finished_at) if delivery.finished_at else None,
        "last_error": delivery.last_error,
        "attempts": [_attempt(attempt) for attempt in attempts],
    }


def show_recovery(recovery: Recovery) -> dict[str, Any]:
    """Return how far a recovery is."""
    return {
        "id": recovery.id,
        "object": "webhook_recovery",
        "created_at": unix(recovery.created_at),
        "webhook_endpoint_id": recovery.endpoint_id,
        "status": recovery.state,
        "since": unix(recovery.since),
        "until": unix(recovery.until),
        "include": recovery.include,
        "recovered": recovery.recovered,
        "finished_at": unix(recovery.finished_at) if recovery.finished_at else None,
    }


def _has_a_time(delivery: Delivery) -> bool:
    return delivery.state == DeliveryState.PENDING or (
        delivery.state == DeliveryState.HELD and delivery.hold != Hold.PAUSED
    )


def _attempt(attempt: DeliveryAttempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "started_at": unix(attempt.started_at),
        "duration_ms": attempt.duration_ms,
        "status_code": attempt.status_code,
        "error": attempt.error,
        "answer": attempt.answer,
        "request_id": attempt.request_id,
    }
