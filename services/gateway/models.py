"""Models: the bases that can be tuned and those that were."""

import re
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from services.gateway.routes import Route, caller, runtime
from shared import catalogue
from shared.clock import unix
from shared.errors import Conflict
from shared.jobs.queries import alive_from_model
from shared.jobs.tables import Job
from shared.models import lifecycle
from shared.models import queries as models
from shared.models.states import Readiness
from shared.models.view import show
from shared.security.keys import Scope
from shared.wire.errors import ApiError
from shared.wire.models import Model, ModelDeleted

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}$")


async def list_models(request: web.Request) -> web.Response:
    """List the project's tuned models, newest first, then every base."""
    async with runtime(request).database.begin() as session:
        tuned = await models.of_project(session, caller(request).project_id)
    data = [show(model) for model in tuned] + [_base(base) for base in catalogue.all_bases()]
    return web.json_response({"object": "list", "data": data})


async def retrieve(request: web.Request) -> web.Response:
    """Show one model."""
    name = request.match_info["model"]
    if (base := catalogue.exact(name)) is not None:
        return web.json_response({**_base(base), "id": name})
    async with runtime(request).database.begin() as session:
        return web.json_response(show(await models.get(session, caller(request).project_id, name)))


async def delete(request: web.Request) -> web.Response:
    """Delete a tuned model: from now on it does not exist; the provider's copy follows."""
    name = request.match_info["model"]
    if catalogue.exact(name) is not None:
        raise ApiError(f"{name} is a base model; only tuned models can be deleted.", status=403, param="model")
    async with runtime(request).begin() as session:
        model = await models.get(session, caller(request).project_id, name)
        job = await session.get_one(Job, model.job_id)
        await lifecycle.advance(session, name, Readiness.DELETED, labels=job.labels)
        if (job_id := await alive_from_model(session, name)) is not None:
            raise Conflict(
                f"Model {name} is what {job_id} goes on from, which has not ended. Cancel the job first.", param="model"
            )
    return web.json_response(ModelDeleted(id=name).model_dump(mode="json"))


def _base(base: catalogue.BaseModel) -> dict[str, Any]:
    """Return OpenAI's Model object; `created` is the date in the snapshot's name, 0 where it has none."""
    dated = _DATE.search(base.name)
    created = unix(datetime.fromisoformat(dated[0]).replace(tzinfo=UTC)) if dated else 0
    shutdown = base.shutdown_date.isoformat() if base.shutdown_date else None
    return Model(id=base.name, created=created, owned_by="openai", shutdown_date=shutdown).model_dump(mode="json")


# A compatible provider may name its models with a slash.
_MODEL = "/v1/models/{model:.+}"
ROUTES = (
    Route("GET", "/v1/models", list_models, Scope.MODELS_READ),
    Route("GET", _MODEL, retrieve, Scope.MODELS_READ),
    Route("DELETE", _MODEL, delete, Scope.MODELS_WRITE),
)
