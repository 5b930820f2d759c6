"""What endpoints were sent: the log, one of it again, all that was missed again"""

from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway import idempotency, parameters
from services.gateway.routes import Route, caller, runtime
from shared.clock import from_unix
from shared.db.database import server_time
from shared.endpoints import delivery_lifecycle, recovery_lifecycle
from shared.endpoints import queries as endpoints
from shared.endpoints.delivery_view import show_delivery, show_recovery
from shared.endpoints.digests import DIGEST
from shared.endpoints.queries import DeliveryFilter
from shared.endpoints.registry import EVENT_TYPES
from shared.endpoints.states import DeliveryState, EndpointStatus, told_off
from shared.endpoints.tables import Delivery, WebhookEndpoint
from shared.errors import Conflict
from shared.events.record import ring
from shared.security.keys import Scope
from shared.wire.lists import page
from shared.wire.parse import Body, parse

Kind = Literal["failed", "dropped", "suppressed", "missed"]
_STATES = tuple(DeliveryState)
#: Seconds of the year 5138: what is more was meant in milliseconds.
_LATEST = 10**11


def _failed() -> list[Kind]:
    return ["failed"]


class Recover(Body):
    """Since when, and what: failed deliveries, or also those dropped, suppressed, and never made."""

    since: Annotated[int, Field(ge=0, le=_LATEST)]
    include: Annotated[list[Kind], Field(min_length=1, max_length=4)] = Field(default_factory=_failed)


async def list_deliveries(request: web.Request) -> web.Response:
    """List what the endpoint was sent, newest first, with every attempt."""
    parameters.refuse_unknown(request, "limit", "after", "state", "event_type", "since", "until")
    limit = parameters.integer(request, "limit", 20, 1, 100)
    asked = DeliveryFilter(
        state=parameters.optional_choice(request, "state", _STATES),
        event_type=parameters.optional_choice(request, "event_type", (*EVENT_TYPES, DIGEST)),
        since=_instant(request, "since"),
        until=_instant(request, "until"),
    )
    async with runtime(request).database.begin() as session:
        endpoint = await _endpoint(session, request)
        found, more = await endpoints.list_deliveries(
            session, endpoint.id, asked, limit=limit, after=parameters.after(request, "dlv_")
        )
    return web.json_response(page([show_delivery(*each) for each in found], has_more=more))


async def retrieve(request: web.Request) -> web.Response:
    """Show one delivery."""
    async with runtime(request).database.begin() as session:
        return web.json_response(show_delivery(*await _delivery(session, request)))


async def resend(request: web.Request) -> web.Response:
    """Send one again: the same id and bytes, signed with the secret of today, tried once."""
    raw = await request.read()
    parse(Body, raw or b"{}")

    async def act(session: AsyncSession) -> dict[str, Any]:
        delivery, event_type, attempts = await _delivery(session, request, lock=True)
        await _refuse_gone(session, delivery)
        delivery_lifecycle.resend(delivery, await server_time(session))
        await session.flush()
        await ring(session)
        return show_delivery(delivery, event_type, attempts)

    return await idempotency.write(request, act, content=raw)


async def recover(request: web.Request) -> web.Response:
    """Begin to send again what the endpoint missed since a time; the answer says where the progress is read."""
    raw = await request.read()
    body = parse(Recover, raw or b"{}")

    async def act(session: AsyncSession) -> dict[str, Any]:
        endpoint = await _endpoint(session, request, lock=True)
        include = list(dict.fromkeys(body.include))
        recovery = await recovery_lifecycle.begin(session, endpoint, since=from_unix(body.since), include=include)
        return show_recovery(recovery)

    return await idempotency.write(request, act, content=raw)


async def retrieve_recovery(request: web.Request) -> web.Response:
    """Show how far a recovery is."""
    async with runtime(request).database.begin() as session:
        endpoint = await _endpoint(session, request)
        found = await endpoints.get_recovery(session, endpoint.id, request.match_info["recovery_id"])
    return web.json_response(show_recovery(found))


async def _endpoint(session: AsyncSession, request: web.Request, *, lock: bool = False) -> WebhookEndpoint:
    return await endpoints.get_endpoint(session, caller(request).project_id, request.match_info["id"], lock=lock)


async def _delivery(session: AsyncSession, request: web.Request, *, lock: bool = False) -> endpoints.LoggedDelivery:
    return await endpoints.get_delivery(session, caller(request).project_id, request.match_info["id"], lock=lock)


async def _refuse_gone(session: AsyncSession, delivery: Delivery) -> None:
    endpoint = await session.get_one(WebhookEndpoint, delivery.endpoint_id)
    if endpoint.deleted_at is not None:
        raise Conflict(f"{endpoint.id}, to which {delivery.id} went, is deleted.")
    if endpoint.status == EndpointStatus.DISABLED:
        raise Conflict(told_off(endpoint.id))


def _instant(request: web.Request, name: str) -> datetime | None:
    seconds = parameters.optional_integer(request, name, 0, _LATEST)
    return None if seconds is None else from_unix(seconds)


_ENDPOINT = "/v1/webhook_endpoints/{id}"
ROUTES = (
    Route("GET", _ENDPOINT + "/deliveries", list_deliveries, Scope.WEBHOOKS_READ),
    Route("POST", _ENDPOINT + "/recover", recover, Scope.WEBHOOKS_WRITE),
    Route("GET", _ENDPOINT + "/recoveries/{recovery_id}", retrieve_recovery, Scope.WEBHOOKS_READ),
    Route("GET", "/v1/deliveries/{id}", retrieve, Scope.WEBHOOKS_READ),
    Route("POST", "/v1/deliveries/{id}/resend", resend, Scope.WEBHOOKS_WRITE),
)
