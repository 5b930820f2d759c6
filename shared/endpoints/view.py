"""Endpoints and deliveries as the API shows them."""

from collections.abc import Sequence
from typing import Any

from shared.clock import unix
from shared.endpoints.states import DeliveryState
from shared.endpoints.tables import Delivery, DeliveryAttempt, WebhookEndpoint


def show(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return the SDK's WebhookEndpoint, and what is ours: channel, status, description, metadata."""
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "created_at": unix(endpoint.created_at),
        "updated_at": unix(endpoint.updated_at),
        "name": endpoint.name,
        "url": endpoint.url,
        "event_types": endpoint.event_types,
        "signing_secret_hint": endpoint.secret_hint,
        "channel": "webhook",
        "status": endpoint.status,
        "status_reason": endpoint.status_reason,
        "description": endpoint.description,
        "metadata": endpoint.labels,
    }


def show_delivery(delivery: Delivery, event_type: str, attempts: Sequence[DeliveryAttempt]) -> dict[str, Any]:
    """Return a delivery with every attempt; `next_attempt_at` is null once nothing more is tried."""
    waits = delivery.state == DeliveryState.PENDING
    return {
        "id": delivery.id,
        "object": "webhook_delivery",
        "created_at": unix(delivery.created_at),
        "webhook_endpoint_id": delivery.endpoint_id,
        "event_id": delivery.event_id,
        "event_type": event_type,
        "state": delivery.state,
        "next_attempt_at": unix(delivery.run_at) if waits else None,
        "finished_at": unix(delivery.finished_at) if delivery.finished_at else None,
        "last_error": delivery.last_error,
        "attempts": [_attempt(attempt) for attempt in attempts],
    }


def _attempt(attempt: DeliveryAttempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "started_at": unix(attempt.started_at),
        "duration_ms": attempt.duration_ms,
        "status_code": attempt.status_code,
        "error": attempt.error,
        "answer": attempt.answer,
    }
