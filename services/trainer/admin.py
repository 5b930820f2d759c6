"""Switch faults on and off while the trainer runs, and say that it lives."""

from aiohttp import web

from services.trainer.context import FAULTS
from services.trainer.faults import FaultRefused
from shared.wire.errors import ApiError
from shared.wire.parse import Body, parse

routes = web.RouteTableDef()


class SwitchOn(Body):
    """The body of POST /faults."""

    faults: str


@routes.get("/healthz")
async def health(request: web.Request) -> web.Response:  # noqa: ARG001 (a handler's signature)
    return web.json_response({"status": "ok"})


@routes.get("/faults")
async def listed(request: web.Request) -> web.StreamResponse:
    return web.json_response({"faults": request.app[FAULTS].listed()})


@routes.post("/faults")
async def switch_on(request: web.Request) -> web.StreamResponse:
    try:
        request.app[FAULTS].add(parse(SwitchOn, await request.read()).faults)
    except FaultRefused as exc:
        raise ApiError(str(exc), param="faults") from exc
    return await listed(request)


@routes.delete("/faults")
async def switch_off(request: web.Request) -> web.StreamResponse:
    request.app[FAULTS].clear()
    return await listed(request)
