"""A test of an endpoint: a sample sent by the notifier's own way, and what came of it"""

import asyncio
import json
from datetime import UTC, timedelta
from typing import Any

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway import idempotency
from services.gateway.routes import caller, runtime
from shared.db.database import server_time
from shared.endpoints import queries as endpoints
from shared.endpoints import registry
from shared.endpoints.making import make_test
from shared.endpoints.queries import LoggedDelivery
from shared.endpoints.states import DeliveryState, EndpointStatus, told_off
from shared.endpoints.tables import Delivery, WebhookEndpoint
from shared.security.egress import TOTAL_SECONDS
from shared.wire.errors import ApiError
from shared.wire.parse import Body, parse

#: A test waits for the endpoint's answer, and a little for the notifier to take it up and write it down.
_TEST_SECONDS = TOTAL_SECONDS + 5
_LOOK_SECONDS = 0.05
#: Repeated by a client that means well, it would be another test.
_NOT_AGAIN = {"x-should-retry": "false"}
#: Mail and Slack's bots have no HTTP status of their own that says: it has arrived.
_ARRIVED = 200


class SendTest(Body):
    """The type of event that the test pretends."""

    event_type: str


async def answer(request: web.Request) -> web.Response:
    """Send a sample, wait for the answer, and show its status; ApiError says why there was none.

    With an Idempotency-Key the sample is sent once, and a repetition waits for the same answer.
    """
    raw = await request.read()
    body = parse(SendTest, raw)
    registry.check_event_types([body.event_type])

    async def act(session: AsyncSession) -> dict[str, Any]:
        project_id = caller(request).project_id
        endpoint = await endpoints.get_endpoint(session, project_id, request.match_info["id"])
        if endpoint.status == EndpointStatus.DISABLED:
            raise ApiError(told_off(endpoint.id), param="status")
        await _refuse_while_spared(session, endpoint)
        return {"delivery_id": await make_test(session, endpoint, body.event_type)}

    made = await idempotency.write(request, act, content=raw)
    if made.status != web.HTTPOk.status_code:
        return made
    delivery_id = _delivery_id(made)
    result = {
        "object": "webhook_endpoint.test",
        "webhook_endpoint_id": request.match_info["id"],
        "event_type": body.event_type,
        "status_code": _status(await _settled(request, delivery_id)),
        "success": True,
        "delivery_id": delivery_id,
    }
    replayed = {"idempotent-replayed": "true"} if "idempotent-replayed" in made.headers else None
    return web.json_response(result, headers=replayed)


async def _refuse_while_spared(session: AsyncSession, endpoint: WebhookEndpoint) -> None:
    """Raise ApiError when the endpoint is left alone for longer than a test waits."""
    until = endpoint.slowed_until if endpoint.slow_seconds else None
    if until is not None and until > await server_time(session) + timedelta(seconds=TOTAL_SECONDS):
        raise ApiError(
            f"{endpoint.id} answered 429, 502, 503 or 504 and is left alone until "
            f"{until.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC. Test it then, or "
            "pause and enable it first: that forgets what it asked for.",
            code="webhook_test_failed",
            headers=_NOT_AGAIN,
        )


def _delivery_id(made: web.Response) -> str:
    return str(json.loads(made.text or "{}")["delivery_id"])


def _status(logged: LoggedDelivery) -> int:
    delivery, _, attempts = logged
    status = attempts[-1].status_code if attempts else None
    arrived = delivery.state == DeliveryState.DELIVERED
    # Slack says 200 to what it refuses.
    if status is not None and (arrived or not 200 <= status < 300):
        return status
    if arrived:
        return _ARRIVED
    where = " at every address" if attempts and attempts[-1].error is None and status is None else ""
    raise ApiError(f"The test did not arrive{where}. {_why(delivery)}", code="webhook_test_failed", headers=_NOT_AGAIN)


def _why(delivery: Delivery) -> str | None:
    if delivery.state != DeliveryState.PENDING:
        return delivery.last_error
    if delivery.attempt:
        return f"A notifier has been at it, and has no answer after {_TEST_SECONDS:.0f} s. {delivery.id} will have it."
    return (
        f"No notifier sent it within {_TEST_SECONDS:.0f} s: is one running, and have earlier messages to this endpoint "
        "been answered?"
    )


async def _settled(request: web.Request, delivery_id: str) -> LoggedDelivery:
    deadline = asyncio.get_running_loop().time() + _TEST_SECONDS
    project_id = caller(request).project_id
    while True:
        async with runtime(request).database.begin() as session:
            logged = await endpoints.get_delivery(session, project_id, delivery_id)
        if logged[0].state != DeliveryState.PENDING or asyncio.get_running_loop().time() > deadline:
            return logged
        await asyncio.sleep(_LOOK_SECONDS)
