"""Webhook endpoints: create, list, read, change, delete; rotate the secret, send a test."""

import json
from typing import Any

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway import idempotency, parameters, webhook_sample
from services.gateway.endpoint_bodies import CreateEndpoint, RotateSecret, UpdateEndpoint, wishes
from services.gateway.routes import Route, caller, runtime
from shared.endpoints import lifecycle, recipients, registry, rotation
from shared.endpoints import queries as endpoints
from shared.endpoints.addresses import Address, Given, Offered, read_address
from shared.endpoints.states import Channel
from shared.endpoints.tables import WebhookEndpoint
from shared.endpoints.view import show, show_suppressed
from shared.security.egress import check_name
from shared.security.keys import Scope
from shared.security.targets import check_url
from shared.wire.lists import page
from shared.wire.parse import parse

_ADDRESS = ("url", "target", "credentials")


async def create(request: web.Request) -> web.Response:
    """Make an endpoint; the answer is the only one that holds its signing secret."""
    raw = await request.read()
    body = parse(CreateEndpoint, raw)
    fields = wishes(body)
    given = Given(**{name: fields.pop(name, None) for name in _ADDRESS})
    fields |= _columns(read_address(body.channel, given, _offered(request)))
    await _look_up(request, given.url)

    async def act(session: AsyncSession) -> dict[str, Any]:
        endpoint, secret = await registry.create(session, runtime(request).ring, caller(request).project_id, **fields)
        return {**show(endpoint), "signing_secret": secret}

    return await idempotency.write(request, act, content=raw)


async def list_endpoints(request: web.Request) -> web.Response:
    """List the project's endpoints, newest first."""
    parameters.refuse_unknown(request, "limit", "after")
    limit = parameters.integer(request, "limit", 20, 1, 100)
    async with runtime(request).database.begin() as session:
        found, more = await endpoints.list_endpoints(
            session, caller(request).project_id, limit=limit, after=parameters.after(request, "wh_")
        )
    return web.json_response(page([show(endpoint) for endpoint in found], has_more=more))


async def retrieve(request: web.Request) -> web.Response:
    """Show one endpoint."""
    async with runtime(request).database.begin() as session:
        endpoint = await _endpoint(session, request)
        shown = show(endpoint)
        if endpoint.channel == Channel.EMAIL:
            shown["suppressed_addresses"] = show_suppressed(await recipients.suppressed(session, endpoint.id))
        return web.json_response(shown)


async def update(request: web.Request) -> web.Response:
    """Change what the body names."""
    raw = await request.read()
    fields = wishes(parse(UpdateEndpoint, raw or b"{}"))
    changed = {name: fields.pop(name) for name in _ADDRESS if name in fields}
    # Before the row is locked: a slow name server holds nobody up.
    await _look_up(request, changed.get("url"))

    async def act(session: AsyncSession) -> dict[str, Any]:
        endpoint = await _endpoint(session, request, lock=True)
        columns = {**fields, **(_moved(request, endpoint, changed) if changed else {})}
        await registry.update(session, runtime(request).ring, endpoint, columns)
        return show(endpoint)

    return await idempotency.write(request, act, content=raw)


async def delete(request: web.Request) -> web.Response:
    """Delete an endpoint; what was on its way to it is dropped."""
    async with runtime(request).begin() as session:
        endpoint = await _endpoint(session, request, lock=True)
        await lifecycle.delete(session, endpoint)
    return web.json_response({"id": endpoint.id, "object": "webhook_endpoint.deleted", "deleted": True})


async def rotate_secret(request: web.Request) -> web.Response:
    """Give the endpoint a new signing secret, shown in this answer only, or a new ed25519 key."""
    raw = await request.read()
    body = parse(RotateSecret, raw or b"{}")

    async def act(session: AsyncSession) -> dict[str, Any]:
        endpoint = await _endpoint(session, request, lock=True)
        new = await rotation.rotate(
            session,
            runtime(request).ring,
            endpoint,
            keep_old=body.keep_old_secret_active_for_24_hours,
            key=body.key,
            given=body.signing_secret,
        )
        return {**show(endpoint), "signing_secret": new if body.key == "secret" else None}

    return await idempotency.write(request, act, content=raw)


async def send_test(request: web.Request) -> web.Response:
    """Send a sample by the notifier's own way, wait for the answer, and show its status."""
    return await webhook_sample.answer(request)


async def list_event_types(_request: web.Request) -> web.Response:
    """List what an endpoint may be told of."""
    return web.json_response({"object": "list", "data": list(registry.EVENT_TYPES)})


async def _endpoint(session: AsyncSession, request: web.Request, *, lock: bool = False) -> WebhookEndpoint:
    return await endpoints.get_endpoint(session, caller(request).project_id, request.match_info["id"], lock=lock)


def _moved(request: web.Request, endpoint: WebhookEndpoint, changed: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of the endpoint's address with what is changed of it, checked as a whole."""
    stored = endpoint.credentials
    kept = {
        "url": endpoint.url,
        "target": {name: value for name, value in endpoint.target.items() if name not in {"kind", "service"}},
        "credentials": json.loads(runtime(request).ring.decrypt(stored)) if stored else None,
    }
    return _columns(read_address(endpoint.channel, Given(**{**kept, **changed}), _offered(request)))


def _offered(request: web.Request) -> Offered:
    settings = runtime(request).settings
    return Offered(mail=settings.can_mail, apprise=settings.apprise_services, reach=runtime(request).reach)


async def _look_up(request: web.Request, url: str | None) -> None:
    """Refuse a webhook's URL whose name leads where nothing may go."""
    if url is not None:
        reach = runtime(request).reach
        await check_name(check_url(url, reach), reach)


def _columns(address: Address) -> dict[str, Any]:
    return {
        "url": address.url,
        "target": address.target,
        "credentials": address.credentials,
        "credentials_hint": address.hint,
    }


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
)
