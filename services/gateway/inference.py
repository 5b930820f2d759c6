"""Chat completions and completions: forwarded to the provider that has the model, streamed as they come."""

from typing import Any

import aiohttp
from aiohttp import web

from services.gateway.middleware import mark
from services.gateway.routes import Route, caller, runtime
from shared import catalogue, log
from shared.models import queries as models
from shared.provider.client import Provider
from shared.security.keys import Scope
from shared.wire.errors import ApiError
from shared.wire.parse import read_json
from shared.wire.storable import is_storable

_log = log.get(__name__)
#: What of the provider's answer is the caller's business.
_PASSED = ("Content-Type", "Retry-After", "x-should-retry")


async def chat_completions(request: web.Request) -> web.StreamResponse:
    """Forward a chat."""
    return await _forward(request, "/chat/completions")


async def completions(request: web.Request) -> web.StreamResponse:
    """Forward a completion."""
    return await _forward(request, "/completions")


async def _forward(request: web.Request, path: str) -> web.StreamResponse:
    raw = await request.read()
    provider = await _provider_of(request, _model_in(read_json(raw)))
    headers = {"Content-Type": "application/json", "Accept": request.headers.get("Accept", "*/*")}
    async with provider.http.raw("POST", path, data=raw, headers=headers) as answer:
        if answer.status in (401, 403):
            # Our key there is wrong, not the caller's here: their SDK must not say so.
            _log.error("provider.key_refused", provider=provider.name, status=answer.status)
            raise ApiError("The provider refused this service. The operator was told.", status=502, type="server_error")
        return await _pass_on(request, answer)


async def _pass_on(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    headers = {name: answer.headers[name] for name in _PASSED if name in answer.headers}
    response = web.StreamResponse(status=answer.status, headers=headers)
    await mark(request, response)
    await response.prepare(request)
    try:
        async for piece in answer.content.iter_any():
            await response.write(piece)
        await response.write_eof()
    except ConnectionError:
        # First, for aiohttp's error of a write to who has left is a ClientError too.
        _log.info("inference.caller_left")
    except (aiohttp.ClientError, TimeoutError) as exc:
        _log.warning("inference.broken_off", error=type(exc).__name__)
        if request.transport is not None:
            request.transport.close()
    return response


async def _provider_of(request: web.Request, name: str) -> Provider:
    """Return the provider that has the model; a model of another project does not exist."""
    here = runtime(request)
    if not is_storable(name):
        raise models.no_such_model(name)
    async with here.database.begin() as session:
        tuned = await models.find(session, caller(request).project_id, name)
    if tuned is not None:
        return here.provider(tuned.provider)
    if catalogue.exact(name) is None:
        raise models.no_such_model(name)
    return here.provider(here.settings.default_provider)


def _model_in(body: Any) -> str:
    if not isinstance(body, dict):
        raise ApiError("The body must be a JSON object.")
    name = body.get("model")
    if not isinstance(name, str) or not name:
        raise ApiError("model: is required, and is a string.", param="model")
    return name


ROUTES = (
    Route("POST", "/v1/chat/completions", chat_completions, Scope.INFERENCE),
    Route("POST", "/v1/completions", completions, Scope.INFERENCE),
)
