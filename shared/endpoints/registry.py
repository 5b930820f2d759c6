"""Make endpoints, change them, rotate their secrets: what a project's members ask for, checked."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import server_time
from shared.endpoints import lifecycle
from shared.endpoints.states import EndpointStatus
from shared.endpoints.tables import WebhookEndpoint
from shared.errors import Refused
from shared.events.catalogue import PUBLIC
from shared.security.secrets_at_rest import KeyRing
from shared.security.signatures import hint, new_secret
from shared.wire import ids

#: How long a replaced secret still signs, when asked for; the SDK's parameter has the figure in its name.
OLD_SECRET_LIVES = timedelta(hours=24)
EVENT_TYPES = tuple(sorted(PUBLIC))


async def create(session: AsyncSession, ring: KeyRing, project_id: str, **fields: Any) -> tuple[WebhookEndpoint, str]:
    """Write an endpoint and return it with its signing secret, which nobody is shown again.

    `fields` are columns; the URL has been checked by whoever knows the network (`targets`, `egress.check_name`).
    """
    check_event_types(fields["event_types"])
    secret = new_secret()
    endpoint = WebhookEndpoint(
        id=ids.new("wh_"), project_id=project_id, secret=ring.encrypt(secret), secret_hint=hint(secret), **fields
    )
    session.add(endpoint)
    await session.flush()
    await session.refresh(endpoint)
    return endpoint, secret


async def update(session: AsyncSession, endpoint: WebhookEndpoint, changes: dict[str, Any]) -> None:
    """Write the columns in `changes`, among them perhaps `status`. What changes nothing leaves `updated_at` alone."""
    if "event_types" in changes:
        check_event_types(changes["event_types"])
    status = changes.pop("status", endpoint.status)
    moved = status != endpoint.status
    if moved:
        await _turn(session, endpoint, status)
    for column, value in changes.items():
        moved = moved or getattr(endpoint, column) != value
        setattr(endpoint, column, value)
    if moved:
        endpoint.updated_at = await server_time(session)


async def rotate_secret(session: AsyncSession, ring: KeyRing, endpoint: WebhookEndpoint, *, keep_old: bool) -> str:
    """Give the endpoint a new secret and return it. With `keep_old` the one before signs too, for a day."""
    at = await server_time(session)
    secret = new_secret()
    kept = [old for old in endpoint.previous_secrets if old["until"] > at.timestamp()]
    old = {"secret": endpoint.secret, "until": (at + OLD_SECRET_LIVES).timestamp()}
    endpoint.previous_secrets = [old, *kept] if keep_old else []
    endpoint.secret, endpoint.secret_hint, endpoint.updated_at = ring.encrypt(secret), hint(secret), at
    return secret


async def _turn(session: AsyncSession, endpoint: WebhookEndpoint, status: str) -> None:
    match status:
        case EndpointStatus.ENABLED:
            await lifecycle.enable(session, endpoint)
        case EndpointStatus.PAUSED:
            await lifecycle.pause(session, endpoint, "Paused by a member of the project.")
        case _:
            await lifecycle.disable(session, endpoint, "Switched off by a member of the project.")


def check_event_types(types: Sequence[str]) -> None:
    """Raise Refused for a type that is never sent, and for none at all."""
    unknown = [name for name in types if name not in EVENT_TYPES]
    if unknown or not types:
        found = f'"{unknown[0]}" is not an event type that is sent' if unknown else "is empty"
        raise Refused(f"event_types: {found}. Choose from: {', '.join(EVENT_TYPES)}.", param="event_types")
