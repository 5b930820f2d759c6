"""Read endpoints, and the log of what they were sent."""

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.endpoints.tables import Delivery, DeliveryAttempt, Payload, WebhookEndpoint
from shared.errors import NotFound

LoggedDelivery = tuple[Delivery, str, list[DeliveryAttempt]]


async def get_endpoint(
    session: AsyncSession, project_id: str, endpoint_id: str, *, lock: bool = False
) -> WebhookEndpoint:
    """Return the project's endpoint; raise NotFound for a deleted one and another project's."""
    query = select(WebhookEndpoint).where(
        WebhookEndpoint.id == endpoint_id,
        WebhookEndpoint.project_id == project_id,
        col(WebhookEndpoint.deleted_at).is_(None),
    )
    endpoint = (await session.exec(query.with_for_update() if lock else query)).one_or_none()
    if endpoint is None:
        raise NotFound(f"There is no webhook endpoint {endpoint_id} in this project.", param="webhook_endpoint_id")
    return endpoint


async def list_endpoints(
    session: AsyncSession, project_id: str, *, limit: int, after: str | None
) -> tuple[Sequence[WebhookEndpoint], bool]:
    """Return a page of the project's endpoints, newest first, and whether there are more."""
    query = select(WebhookEndpoint).where(
        WebhookEndpoint.project_id == project_id, col(WebhookEndpoint.deleted_at).is_(None)
    )
    if after is not None:
        query = query.where(WebhookEndpoint.id < after)
    found = (await session.exec(query.order_by(col(WebhookEndpoint.id).desc()).limit(limit + 1))).all()
    return found[:limit], len(found) > limit


async def list_deliveries(
    session: AsyncSession, endpoint_id: str, *, limit: int, after: str | None
) -> tuple[list[LoggedDelivery], bool]:
    """Return a page of what the endpoint was sent, newest first: delivery, event type and attempts."""
    query = (
        select(Delivery, Payload.event_type)
        .join(Payload, col(Payload.event_id) == Delivery.event_id)
        .where(Delivery.endpoint_id == endpoint_id)
    )
    if after is not None:
        query = query.where(Delivery.id < after)
    found = (await session.exec(query.order_by(col(Delivery.id).desc()).limit(limit + 1))).all()
    attempts = await _attempts(session, [delivery.id for delivery, _ in found[:limit]])
    return [(delivery, kind, attempts.get(delivery.id, [])) for delivery, kind in found[:limit]], len(found) > limit


async def get_delivery(session: AsyncSession, delivery_id: str) -> tuple[Delivery, list[DeliveryAttempt]]:
    """Return a delivery as it is now, with its attempts; raise NotFound."""
    delivery = await session.get(Delivery, delivery_id)
    if delivery is None:
        raise NotFound(f"There is no delivery {delivery_id}.", param="delivery_id")
    return delivery, (await _attempts(session, [delivery_id])).get(delivery_id, [])


async def _attempts(session: AsyncSession, deliveries: Sequence[str]) -> dict[str, list[DeliveryAttempt]]:
    query = select(DeliveryAttempt).where(col(DeliveryAttempt.delivery_id).in_(deliveries))
    by_delivery: dict[str, list[DeliveryAttempt]] = {}
    for attempt in await session.exec(query.order_by(col(DeliveryAttempt.number))):
        by_delivery.setdefault(attempt.delivery_id, []).append(attempt)
    return by_delivery
