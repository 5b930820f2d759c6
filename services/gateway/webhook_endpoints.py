"""Webhook endpoints: create, list, read, change, delete; rotate the secret, send a test, show what was sent."""

import asyncio
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field, StringConstraints
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway import idempotency, parameters
from services.gateway.routes import Route, caller, runtime
from shared.db.database import server_time
from shared.endpoints import lifecycle, registry
from shared.endpoints import queries as endpoints
from shared.endpoints.deliveries import make_test
from shared.endpoints.states import DeliveryState, EndpointStatus
from shared.endpoints.tables import Delivery, DeliveryAttempt, WebhookEndpoint
from shared.endpoints.view import show, show_delivery
from shared.security.egress import TOTAL_SECONDS, check_name
from shared.security.keys import Scope
from shared.security.targets import check_url
from shared.wire.errors import ApiError
from shared.wire.jobs import Metadata
from shared.wire.lists import page
from shared.wire.parse import Body, parse

Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
EventTypes = Annotated[list[str], Field(max_length=100)]
Description = Annotated[str, StringConstraints(max_length=1024)]
#: A test waits for the endpoint's answer, and a little for the notifier to take it up and write it down.
_TEST_SECONDS = TOTAL_SECONDS + 5
_TEST_LOOK_SECONDS = 0.05


class CreateEndpoint(Body):
    """The SDK's three fields, and ours."""

    name: Name
    url: str
    event_types: EventTypes
    channel: str = "webhook"
    description: Description | None = None
    metadata: Metadata = Field(default_factory=dict)
    status: Literal["enabled", "disabled"] = "enabled"


class UpdateEndpoint(Body):
    """What is left out stays as it is."""

    name: Name = ""
    url: str = ""
    event_types: EventTypes = Field(default_factory=list)
    description: Description | None = None
    metadata: Metadata = Field(default_factory=dict)
    status: Literal["enabled", "disabled"] = "enabled"


class RotateSecret(Body):
    """Whether the secret before signs too, for a day."""

    keep_old_secret_active_for_24_hours: bool = False


class SendTest(Body):
    """The type of event that the test pretends."""

    event_type: str


async def create(request: web.Request) -> web.Response:
    """Make an endpoint; the answer is the only one that holds its signing secret."""
    raw = await request.read()
    body = parse(CreateEndpoint, raw)
    if body.channel != "webhook":
        raise ApiError(f'channel: "{body.channel}" is not offered here; "webhook" is.', param="channel")
    await _check_target(request, body.url)
    columns = _columns(body.model_dump(exclude={"channel", "status"}))

    async def act(session: AsyncSession) -> dict[str, Any]:
        ring, project_id = runtime(request).ring, caller(request).project_id
        endpoint, secret = await registry.create(session, ring, project_id, **columns)
        await registry.update(session, endpoint, {"status": body.status})
        return {**show(endpoint), "signing_secret": secret}

    return await idempotency.write(request, act, content=raw)


async def list_endpoints(request: web.Request) -> web.Response:
    """List the project's endpoints, newest first."""
    limit = parameters.integer(request, "limit", 20, 1, 100)
    async with runtime(request).database.begin() as session:
        found, more = await endpoints.list_endpoints(
            session, caller(request).project_id, limit=limit, after=parameters.after(request, "wh_")
        )
    return web.json_response(page([show(endpoint) for endpoint in found], has_more=more))


async def retrieve(request: web.Request) -> web.Response:
    """Show one endpoint."""
    async with runtime(request).database.begin() as session:
        return web.json_response(show(await _endpoint(session, request)))


async def update(request: web.Request) -> web.Response:
    """Change what the body names."""
    raw = await request.read()
    body = parse(UpdateEndpoint, raw or b"{}")
    if "url" in body.model_fields_set:
        await _check_target(request, body.url)

    async def act(session: AsyncSession) -> dict[str, Any]:
        endpoint = await _endpoint(session, request, lock=True)
        await registry.update(session, endpoint, _columns(body.model_dump(exclude_unset=True)))
        return show(endpoint)

    return await idempotency.write(request, act, content=raw)


async def delete(request: web.Request) -> web.Response:
    """Delete an endpoint; what was on its way to it is dropped."""
    async with runtime(request).begin() as session:
        endpoint = await _endpoint(session, request, lock=True)
        await lifecycle.delete(session, endpoint)
    return web.json_response({"id": endpoint.id, "object": "webhook_endpoint.deleted", "deleted": True})


async def rotate_secret(request: web.Request) -> web.Response:
    """Give the endpoint a new signing secret, shown in this answer only."""
    raw = await request.read()
    body = parse(RotateSecret, raw or b"{}")

    async def act(session: AsyncSession) -> dict[str, Any]:
        endpoint = await _endpoint(session, request, lock=True)
        keep = body.keep_old_secret_active_for_24_hours
        secret = await registry.rotate_secret(session, runtime(request).ring, endpoint, keep_old=keep)
        return {**show(endpoint), "signing_secret": secret}

    return await idempotency.write(request, act, content=raw)


async def send_test(request: web.Request) -> web.Response:
    """Send a sample by the notifier's own way, wait for the answer, and show its status."""
    body = parse(SendTest, await request.read())
    registry.check_event_types([body.event_type])
    async with runtime(request).begin() as session:
        endpoint = await _endpoint(session, request)
        if endpoint.status != EndpointStatus.ENABLED:
            raise ApiError(f"{endpoint.id} is disabled. Enable it first: POST the status to it.", param="status")
        sample = {"created_at": await server_time(session), "sequence": 1, "data": _sample(body.event_type)}
        delivery_id = await make_test(session, endpoint_id=endpoint.id, event_type=body.event_type, event=sample)
    status = await _tested(request, delivery_id)
    return web.json_response(
        {
            "object": "webhook_endpoint.test",
            "webhook_endpoint_id": endpoint.id,
            "event_type": body.event_type,
            "status_code": status,
            "success": True,
        }
    )


async def list_deliveries(request: web.Request) -> web.Response:
    """List what the endpoint was sent, newest first, with every attempt."""
    limit = parameters.integer(request, "limit", 20, 1, 100)
    async with runtime(request).database.begin() as session:
        endpoint = await _endpoint(session, request)
        found, more = await endpoints.list_deliveries(
            session, endpoint.id, limit=limit, after=parameters.after(request, "dlv_")
        )
    return web.json_response(page([show_delivery(*each) for each in found], has_more=more))


async def list_event_types(_request: web.Request) -> web.Response:
    """List what an endpoint may be told of."""
    return web.json_response({"object": "list", "data": list(registry.EVENT_TYPES)})


async def _endpoint(session: AsyncSession, request: web.Request, *, lock: bool = False) -> WebhookEndpoint:
    return await endpoints.get_endpoint(session, caller(request).project_id, request.match_info["id"], lock=lock)


async def _check_target(request: web.Request, url: str) -> None:
    reach = runtime(request).reach
    await check_name(check_url(url, reach), reach)


def _columns(fields: dict[str, Any]) -> dict[str, Any]:
    if "event_types" in fields:
        fields["event_types"] = list(dict.fromkeys(fields["event_types"]))
    if "metadata" in fields:
        fields["labels"] = fields.pop("metadata")
    return fields


def _sample(event_type: str) -> dict[str, Any]:
    subject, _, happened = event_type.rpartition(".")
    prefix = {"fine_tuning.job": "ftjob-", "file": "file-"}.get(subject, "ft:test:")
    return {"id": f"{prefix}test", "object": subject, "status": happened, "test": True}


async def _tested(request: web.Request, delivery_id: str) -> int:
    delivery, attempts = await _settled(request, delivery_id)
    if attempts and attempts[-1].status_code is not None:
        return attempts[-1].status_code
    waits = delivery.state == DeliveryState.PENDING
    why = f"the notifier did not send it within {_TEST_SECONDS:.0f} s; is it running" if waits else delivery.last_error
    # Repeated by a client that means well, it would be another test.
    raise ApiError(f"The test had no answer: {why}", code="webhook_test_failed", headers={"x-should-retry": "false"})


async def _settled(request: web.Request, delivery_id: str) -> tuple[Delivery, list[DeliveryAttempt]]:
    deadline = asyncio.get_running_loop().time() + _TEST_SECONDS
    while True:
        async with runtime(request).database.begin() as session:
            delivery, attempts = await endpoints.get_delivery(session, delivery_id)
        if delivery.state != DeliveryState.PENDING or asyncio.get_running_loop().time() > deadline:
            return delivery, attempts
        await asyncio.sleep(_TEST_LOOK_SECONDS)


_ALL = "/v1/webhook_endpoints"
_ONE = _ALL + "/{id}"
ROUTES = (
    Route("GET", "/v1/webhook_event_types", list_event_types, Scope.WEBHOOKS_READ),
    Route("POST", _ALL, create, Scope.WEBHOOKS_WRITE),
    Route("GET", _ALL, list_endpoints, Scope.WEBHOOKS_READ),
    Route("GET", _ONE, retrieve, Scope.WEBHOOKS_READ),
    Route("POST", _ONE, update, Scope.WEBHOOKS_WRITE),
    Route("DELETE", _ONE, delete, Scope.WEBHOOKS_WRITE),
    Route("POST", _ONE + "/rotate_secret", rotate_secret, Scope.WEBHOOKS_WRITE),
    Route("POST", _ONE + "/test", send_test, Scope.WEBHOOKS_WRITE),
    Route("GET", _ONE + "/deliveries", list_deliveries, Scope.WEBHOOKS_READ),
)
