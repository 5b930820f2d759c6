"""A test of an endpoint: a sample sent by the notifier's own way, and what came of it"""

import asyncio
import json
from typing import Any

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway import idempotency
from services.gateway.routes import caller, runtime
from shared.endpoints import queries as endpoints
from shared.endpoints import registry
from shared.endpoints.making import make_test
from shared.endpoints.queries import LoggedDelivery
from shared.endpoints.states import DeliveryState, EndpointStatus, told_off
from shared.security.egress import TOTAL_SECONDS
from shared.wire.errors import ApiError
from shared.wire.parse import Body, parse

#: A test waits for the endpoint's answer, and a little for the notifier to take it up and write it down.
_TEST_SECONDS = TOTAL_SECONDS + 5
_LOOK_SECONDS = 0.05
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
    waits = delivery.state == DeliveryState.PENDING
    why = f"No notifier sent it within {_TEST_SECONDS:.0f} s: is one running?" if waits else delivery.last_error
    # Repeated by a client that means well, it would be another test.
    raise ApiError(f"The test did not arrive. {why}", code="webhook_test_failed", headers={"x-should-retry": "false"})


async def _settled(request: web.Request, delivery_id: str) -> LoggedDelivery:
    deadline = asyncio.get_running_loop().time() + _TEST_SECONDS
    project_id = caller(request).project_id
    while True:
        async with runtime(request).database.begin() as session:
            logged = await endpoints.get_delivery(session, project_id, delivery_id)
        if logged[0].state != DeliveryState.PENDING or asyncio.get_running_loop().time() > deadline:
            return logged
        await asyncio.sleep(_LOOK_SECONDS)
