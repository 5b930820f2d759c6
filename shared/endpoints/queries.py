"""Read endpoints, and the log of what they were sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.endpoints.tables import Delivery, DeliveryAttempt, Payload, Recovery, WebhookEndpoint
from shared.errors import NotFound
from shared.wire import ids

#: Ids are made by the clocks of several machines, which may differ by this from each other and the database's.
CLOCKS = timedelta(minutes=10)
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


@dataclass(frozen=True)
class DeliveryFilter:
    """Which deliveries of an endpoint's log are asked for; None asks for all."""

    state: str | None = None
    event_type: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_deliveries(
    session: AsyncSession, endpoint_id: str, asked: DeliveryFilter, *, limit: int, after: str | None
) -> tuple[list[LoggedDelivery], bool]:
    """Return a page of what the endpoint was sent, newest first: delivery, event type and attempts."""
    query = (
        select(Delivery, Payload.event_type)
        .join(Payload, col(Payload.event_id) == Delivery.event_id)
        .where(Delivery.endpoint_id == endpoint_id, *_asked(asked))
    )
    if after is not None:
        query = query.where(Delivery.id < after)
    found = (await session.exec(query.order_by(col(Delivery.id).desc()).limit(limit + 1))).all()
    attempts = await _attempts(session, [delivery.id for delivery, _ in found[:limit]])
    return [(delivery, kind, attempts.get(delivery.id, [])) for delivery, kind in found[:limit]], len(found) > limit


async def get_delivery(
    session: AsyncSession, project_id: str, delivery_id: str, *, lock: bool = False
) -> LoggedDelivery:
    """Return a delivery of the project as it is now, with event type and attempts; raise NotFound.

    Of a deleted endpoint too: its log is kept.
    """
    query = (
        select(Delivery, Payload.event_type)
        .join(Payload, col(Payload.event_id) == Delivery.event_id)
        .join(WebhookEndpoint, col(WebhookEndpoint.id) == Delivery.endpoint_id)
        .where(Delivery.id == delivery_id, WebhookEndpoint.project_id == project_id)
    )
    found = (await session.exec(query.with_for_update(of=Delivery) if lock else query)).one_or_none()
    if found is None:
        raise NotFound(f"There is no delivery {delivery_id} in this project.", param="delivery_id")
    return found[0], found[1], (await _attempts(session, [delivery_id])).get(delivery_id, [])


async def get_recovery(session: AsyncSession, endpoint_id: str, recovery_id: str) -> Recovery:
    """Return a recovery of the endpoint; raise NotFound."""
    recovery = await session.get(Recovery, recovery_id)
    if recovery is None or recovery.endpoint_id != endpoint_id:
        raise NotFound(f"There is no recovery {recovery_id} of {endpoint_id}.", param="recovery_id")
    return recovery


def _asked(asked: DeliveryFilter) -> Iterator[ColumnElement[bool]]:
    if asked.state is not None:
        yield col(Delivery.state) == asked.state
    if asked.event_type is not None:
        yield col(Payload.event_type) == asked.event_type
    if asked.since is not None:
        # By the id too, whose order is that of time: the page is a range of an index, however long the log.
        yield col(Delivery.id) >= ids.floor("dlv_", asked.since - CLOCKS)
        yield col(Delivery.created_at) >= asked.since
    if asked.until is not None:
        yield col(Delivery.id) < ids.floor("dlv_", asked.until + CLOCKS)
        yield col(Delivery.created_at) < asked.until


async def _attempts(session: AsyncSession, deliveries: Sequence[str]) -> dict[str, list[DeliveryAttempt]]:
    query = select(DeliveryAttempt).where(col(DeliveryAttempt.delivery_id).in_(deliveries))
    by_delivery: dict[str, list[DeliveryAttempt]] = {}
    for attempt in await session.exec(query.order_by(col(DeliveryAttempt.number))):
        by_delivery.setdefault(attempt.delivery_id, []).append(attempt)
    return by_delivery
