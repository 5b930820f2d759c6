"""Models: list, get, delete."""

from aiohttp import web

from services.trainer.context import SHELF, STORE, act
from shared.wire.errors import ApiError
from shared.wire.models import ModelDeleted

routes = web.RouteTableDef()


@routes.get("/v1/models", name="models.list")
async def every(request: web.Request) -> web.Response:
    return web.json_response({"object": "list", "data": request.app[STORE].models.every()})


@routes.get("/v1/models/{model:[^/]+}", name="models.retrieve")
async def retrieve(request: web.Request) -> web.Response:
    return web.json_response(request.app[STORE].models.get(request.match_info["model"]).shown())


@routes.delete("/v1/models/{model:[^/]+}", name="models.delete")
async def delete(request: web.Request) -> web.Response:
    model = request.app[STORE].models.get(request.match_info["model"])
    if model.weights is None:
        message = f"{model.name} is a base model and stays. Only a model that was tuned here can be deleted."
        raise ApiError(message, status=403, param="model")
    await act(request)
    request.app[STORE].models.remove(model.name)
    request.app[SHELF].drop(model.name)
    return web.json_response(ModelDeleted(id=model.name).model_dump())
