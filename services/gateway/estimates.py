"""What training on a file would cost, before anything is promised"""

import asyncio
from functools import partial

from aiohttp import web

from services.gateway.routes import Route, caller, runtime
from shared import catalogue
from shared.catalogue import BaseModel
from shared.datasets import queries as datasets
from shared.datasets.estimate import Estimate, estimate_of_report
from shared.datasets.reading import UnpackLimits
from shared.datasets.report import check
from shared.datasets.states import UNCHECKED
from shared.datasets.tables import Dataset
from shared.errors import Conflict
from shared.security.keys import Scope
from shared.wire.datasets import EstimateFile
from shared.wire.errors import ApiError
from shared.wire.parse import parse

#: A file whose report does not tell is read here, if it is no larger: some seconds of one core.
_READ_HERE = 16 * 1024 * 1024
#: Files read at once by one gateway, so that the others' requests go on.
_READERS = asyncio.Semaphore(1)


async def estimate(request: web.Request) -> web.Response:
    """Show tokens, epochs and cost with its arithmetic, from the file's report where that tells."""
    body = parse(EstimateFile, await request.read())
    base = _base(body.model)
    async with runtime(request).database.begin() as session:
        project_id, file_id = caller(request).project_id, request.match_info["file_id"]
        dataset = await datasets.get(session, project_id, file_id, with_report=True)
    if dataset.report is None:
        if dataset.state in UNCHECKED:
            message = f"File {dataset.id} is still being checked. Ask again once its status is processed."
            raise Conflict(message, code="file_not_checked")
        raise ApiError(f"File {dataset.id} has no report: {dataset.status_details or 'a job wrote it'}.", status=404)
    found = estimate_of_report(dataset.report, base, body.n_epochs)
    if found is None:
        found = await _read(request, dataset, base, body.n_epochs)
    return web.json_response({"object": "dataset.estimate", "file_id": dataset.id, **found.as_dict()})


def _base(name: str) -> BaseModel:
    base = catalogue.find(name)
    if base is None:
        near = catalogue.suggest(name) or [one.name for one in catalogue.all_bases()][:3]
        message = f"The model {name!r} is not in the catalogue. Near: {', '.join(near)}."
        raise ApiError(message, param="model", code="model_not_available")
    return base


async def _read(request: web.Request, dataset: Dataset, base: BaseModel, n_epochs: int | None) -> Estimate:
    """Count the file itself: in the model's own encoding, each example cut to the model's limit."""
    if (dataset.plain_bytes or dataset.bytes) > _READ_HERE:
        raise ApiError(
            f"The report of {dataset.id} does not tell what {base.name} would count, and the file is too large to be "
            f"read at once. Ask tuneyard check FILE --model {base.name}, or create the job: it shows the estimate "
            "before it is sent anywhere.",
            param="model",
        )
    async with _READERS:
        limits = UnpackLimits(bytes=_READ_HERE)
        chunks = runtime(request).storage.read(dataset.stored_as)
        work = partial(check, chunks, model=base, n_epochs=n_epochs, limits=limits)
        report = await asyncio.to_thread(work)
    if report.estimate is None:
        raise ApiError(f"File {dataset.id} has no example without errors: there is nothing to price.", param="file_id")
    return report.estimate


ROUTES = (Route("POST", "/v1/files/{file_id}/estimate", estimate, Scope.FILES_READ),)
