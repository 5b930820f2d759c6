"""Endpoints as the API shows them: what is secret by a hint, if at all"""

from collections.abc import Iterable
from typing import Any

from shared.clock import now, unix
from shared.endpoints.rotation import live
from shared.endpoints.states import Channel
from shared.endpoints.tables import SuppressedAddress, WebhookEndpoint

#: What is shown of a value that is secret.
MASK = "…"


def show(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return the SDK's WebhookEndpoint, and what is ours."""
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "created_at": unix(endpoint.created_at),
        "updated_at": unix(endpoint.updated_at),
        "name": endpoint.name,
        "url": _place(endpoint),
        "event_types": endpoint.event_types,
        "signing_secret_hint": endpoint.secret_hint,
        "channel": endpoint.channel,
        "target": endpoint.target,
        "credentials_hint": endpoint.credentials_hint,
        "filter": endpoint.filter,
        "status": endpoint.status,
        "status_reason": endpoint.status_reason,
        "failing_since": unix(endpoint.failing_since) if endpoint.failing_since else None,
        # The row's own moment is the pace of a rate limit as well; told is only when it is spared.
        "slowed_until": unix(endpoint.slowed_until) if endpoint.slow_seconds and endpoint.slowed_until else None,
        "muted_until": unix(endpoint.muted_until) if endpoint.muted_until else None,
        "quiet_hours": endpoint.quiet_hours,
        "digest_minutes": endpoint.digest_minutes,
        "headers": dict.fromkeys(endpoint.header_names, MASK),
        "rate_limit": endpoint.rate_limit,
        "ordered": endpoint.ordered,
        "payload_style": endpoint.payload_style,
        "signature": "hmac" if endpoint.ed25519_public is None else "ed25519",
        "ed25519_public_key": endpoint.ed25519_public,
        "previous_secrets_end_at": [int(old["until"]) for old in live(endpoint.previous_secrets, now())],
        "description": endpoint.description,
        "metadata": endpoint.labels,
    }


def _place(endpoint: WebhookEndpoint) -> str:
    """Return where it leads, as a URL, because the SDK's objects have one: for people, not to be called."""
    match endpoint.channel:
        case Channel.EMAIL:
            return f"mailto:{','.join(endpoint.target.get('to', []))}"
        case Channel.SLACK if channel := endpoint.target.get("channel"):
            return f"https://slack.com/app_redirect?channel={channel}"
        case Channel.WEBHOOK:
            return endpoint.url or ""
    return endpoint.credentials_hint or ""


def show_suppressed(addresses: Iterable[SuppressedAddress]) -> list[dict[str, Any]]:
    """Return an endpoint's addresses to which nothing is sent, and the mail server's words for why."""
    return [{"address": each.address, "reason": each.reason, "since": unix(each.created_at)} for each in addresses]
