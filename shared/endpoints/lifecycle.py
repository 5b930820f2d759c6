"""The one writer of an endpoint's status, and of what that does to its deliveries"""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import server_time
from shared.endpoints.delivery_lifecycle import drop_held, hold_all, let_all_go
from shared.endpoints.notices import tell_others
from shared.endpoints.routing import FAILURES, Wishes, after_pause
from shared.endpoints.states import EndpointStatus
from shared.endpoints.tables import WebhookEndpoint
from shared.endpoints.view import show
from shared.events.catalogue import EventType
from shared.events.record import record, ring

#: A row that this session has seen before may have been changed by statements since.
_ANEW = {"populate_existing": True}


async def switch_off(session: AsyncSession, endpoint_id: str, reason: str) -> bool:
    """Disable an endpoint that a member did not, and tell of it; False if it was off."""
    endpoint = await locked(session, endpoint_id)
    if endpoint is None or endpoint.status == EndpointStatus.DISABLED:
        return False
    await disable(session, endpoint, reason)
    await _tell(session, EventType.ENDPOINT_DISABLED, endpoint)
    return True


async def set_aside(session: AsyncSession, endpoint_id: str, reason: str) -> bool:
    """Pause an endpoint that a member did not, for a reason that a member can mend; False if it was not enabled."""
    endpoint = await locked(session, endpoint_id)
    if endpoint is None or endpoint.status != EndpointStatus.ENABLED:
        return False
    await pause(session, endpoint, reason)
    await _tell(session, EventType.ENDPOINT_PAUSED, endpoint)
    return True


async def _tell(session: AsyncSession, event_type: EventType, endpoint: WebhookEndpoint) -> None:
    await session.flush()
    event = await record(
        session, event_type, project_id=endpoint.project_id, subject_id=endpoint.id, data=show(endpoint)
    )
    await tell_others(session, event)


async def enable(session: AsyncSession, endpoint: WebhookEndpoint) -> None:
    """Tell the endpoint of events again, and of those that a pause held back."""
    endpoint.status, endpoint.status_reason = EndpointStatus.ENABLED, None
    endpoint.updated_at = await server_time(session)
    endpoint.failing_since, endpoint.warned_percent = None, 0
    endpoint.slowed_until, endpoint.slow_seconds = None, None
    await resume(session, endpoint)


async def resume(session: AsyncSession, endpoint: WebhookEndpoint) -> None:
    """Put what a pause held on its way, or into the mute, the quiet hours or the digest that hold it now."""
    at = await server_time(session)
    wishes = Wishes(
        endpoint.status, endpoint.filter, endpoint.muted_until, endpoint.quiet_hours, endpoint.digest_minutes
    )
    for kind in (EventType.JOB_FAILED, EventType.JOB_SUCCEEDED):
        await let_all_go(session, endpoint.id, after_pause(wishes, kind, at=at), failures=kind in FAILURES)
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


async def locked(session: AsyncSession, endpoint_id: str) -> WebhookEndpoint | None:
    """Return the endpoint with its row locked, as its row is now; None for a deleted one."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id, col(WebhookEndpoint.deleted_at).is_(None))
    return (await session.exec(query.with_for_update(key_share=True), execution_options=_ANEW)).one_or_none()
