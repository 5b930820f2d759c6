"""Let the faults that a request meets happen to it."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler

from services.trainer.context import FAULTS, GATE, LATE, MET, Gate
from services.trainer.faults import Fault, FaultRefused
from services.trainer.state.models import not_found
from shared.wire.errors import ApiError

HEADER = "x-tuneyard-fault"
#: OpenAI's words of June 2026 (openai-api-facts 0.2).
_WINDING_DOWN = (
    "OpenAI is winding down the fine-tuning platform and your organization is no longer able to create new fine-tuning"
    " training jobs. Learn more"
    " https://developers.openai.com/api/docs/deprecations#update-to-openais-self-serve-fine-tuning"
)


@web.middleware
async def inject(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find the faults of this request's operation, and bend the request by them."""
    operation = request.match_info.route.name or ""
    if not operation:
        return await handler(request)
    try:
        met = request.app[FAULTS].take(operation, request.headers.get(HEADER, ""))
    except FaultRefused as exc:
        raise ApiError(f"{HEADER}: {exc}", param=HEADER) from exc
    request[MET] = met
    _refuse(operation, met)
    if "drop_before" in met:
        return dropped(request)
    if fault := met.get("late") or met.get("hang"):
        return await _act_late(request, handler, fault)
    if "slow" in met and operation.endswith("completions"):
        await asyncio.sleep(met["slow"].seconds)  # a stream would be out before a wait behind it
    return await _after(request, await handler(request), met, operation)


async def _after(
    request: web.Request, response: web.StreamResponse, met: dict[str, Fault], operation: str
) -> web.StreamResponse:
    if "error_after" in met:
        raise broken()
    if "drop_after" in met:
        return dropped(request)
    if "slow" in met and not operation.endswith("completions"):
        await asyncio.sleep(met["slow"].seconds)
    return response


def _refuse(operation: str, met: dict[str, Fault]) -> None:
    if limit := met.get("rate_limit"):
        message = f"Rate limit reached for requests. Please try again in {limit.value}s."
        headers = {"retry-after": limit.value}
        raise ApiError(message, status=429, type="requests", code="rate_limit_exceeded", headers=headers)
    if "error_before" in met:
        raise broken()
    if "training_not_available" in met:
        raise ApiError(_WINDING_DOWN, status=403, code="training_not_available")
    if "model_not_ready" in met and operation != "jobs.create":
        raise not_found("ft:not-ready-yet")


async def _act_late(request: web.Request, handler: Handler, fault: Fault) -> web.StreamResponse:
    """Read the request, act `fault.seconds` later; `late` answers 500 meanwhile, `hang` never answers."""
    gate = request[GATE] = Gate()
    acting: asyncio.Task[web.StreamResponse] = asyncio.ensure_future(handler(request))
    request.app[LATE].add(acting)
    acting.add_done_callback(request.app[LATE].discard)
    waiting = asyncio.ensure_future(gate.arrived.wait())
    await asyncio.wait({acting, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if acting.done():
        return await acting  # refused while it was read, or an operation without an effect
    asyncio.get_running_loop().call_later(fault.seconds, gate.opened.set)
    if fault.name == "late":
        raise broken()
    await asyncio.wait({acting})
    return dropped(request)


def broken() -> ApiError:
    """Return the 500 of a fault."""
    return ApiError("The server had an error while processing your request.", status=500, type="server_error")


def dropped(request: web.Request) -> web.Response:
    """Cut the connection; the response that is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
