"""Fine-tuning jobs: create, list, get, cancel, pause, resume, events, checkpoints."""

import json
import re
import secrets
from typing import Any

from aiohttp import web

from services.trainer.context import RUNNER, STORE, act, faults_met, whole_number
from services.trainer.faults import STAY_WITH_A_JOB
from services.trainer.running import keep_start
from services.trainer.state.jobs import show
from services.trainer.state.models import Offered
from shared.wire import ids
from shared.wire.errors import ApiError
from shared.wire.files import FilePurpose, FileStatus
from shared.wire.jobs import CreateJob
from shared.wire.lists import page
from shared.wire.parse import parse

routes = web.RouteTableDef()
#: OpenAI documents no highest `limit` for these lists; one answer shall stay below a few MB.
MOST = 1000
_METADATA = re.compile(r"metadata\[(.*)\]", re.DOTALL)


@routes.post("/v1/fine_tuning/jobs", name="jobs.create")
async def create(request: web.Request) -> web.Response:
    body = parse(CreateJob, await request.read())
    model = _tunable(request, body.model)
    _check_files(request, body)
    await act(request)
    store = request.app[STORE]
    job_id = store.lifecycle.create(
        base=model.base.name,
        model=model.name,
        suffix=body.suffix,
        hyperparameters={name: value or "auto" for name, value in body.chosen().model_dump().items()},
        training_file=body.training_file,
        validation_file=body.validation_file,
        seed=secrets.randbelow(2**31) if body.seed is None else body.seed,
        metadata=None if body.metadata is None else json.dumps(body.metadata),
        faults=_lasting_faults(request),
        start_weights=keep_start(store, model.weights, ids.new("") + ".npz") if model.weights else None,
    )
    request.app[RUNNER].submit(job_id)
    return _shown(request, job_id)


@routes.get("/v1/fine_tuning/jobs", name="jobs.list")
async def every(request: web.Request) -> web.Response:
    pairs = {found[1]: value for key, value in request.query.items() if (found := _METADATA.fullmatch(key))}
    rows, more = request.app[STORE].jobs.page(
        limit=whole_number(request, "limit", 20, MOST), after=request.query.get("after"),
        metadata=pairs, without_metadata=request.query.get("metadata") == "null",
    )  # fmt: skip
    jobs = [show(row, faults_met(request)) for row in rows]
    return web.json_response(page(jobs, has_more=more, with_ends=False))


@routes.get("/v1/fine_tuning/jobs/{job_id}", name="jobs.retrieve")
async def retrieve(request: web.Request) -> web.Response:
    return _shown(request, request.match_info["job_id"])


@routes.post("/v1/fine_tuning/jobs/{job_id}/cancel", name="jobs.cancel")
async def cancel(request: web.Request) -> web.Response:
    job_id = await _existing(request)
    if not request.app[STORE].lifecycle.cancelled(job_id):
        raise _not_in_this_state(request, job_id, "Only a job that has not ended can be cancelled.")
    await request.app[RUNNER].stop(job_id)
    return _shown(request, job_id)


@routes.post("/v1/fine_tuning/jobs/{job_id}/pause", name="jobs.pause")
async def pause(request: web.Request) -> web.Response:
    job_id = await _existing(request)
    if not request.app[STORE].lifecycle.paused(job_id):
        raise _not_in_this_state(request, job_id, "Only a queued or running job can be paused.")
    await request.app[RUNNER].stop(job_id)
    return _shown(request, job_id)


@routes.post("/v1/fine_tuning/jobs/{job_id}/resume", name="jobs.resume")
async def resume(request: web.Request) -> web.Response:
    job_id = await _existing(request)
    if not request.app[STORE].lifecycle.resumed(job_id):
        raise _not_in_this_state(request, job_id, "Only a paused job can be resumed.")
    request.app[RUNNER].submit(job_id)
    return _shown(request, job_id)


@routes.get("/v1/fine_tuning/jobs/{job_id}/events", name="jobs.events")
async def events(request: web.Request) -> web.Response:
    found, more = request.app[STORE].jobs.events(
        request.match_info["job_id"], limit=whole_number(request, "limit", 20, MOST), after=request.query.get("after")
    )
    return web.json_response(page(found, has_more=more, with_ends=False))


@routes.get("/v1/fine_tuning/jobs/{job_id}/checkpoints", name="jobs.checkpoints")
async def checkpoints(request: web.Request) -> web.Response:
    found, more = request.app[STORE].jobs.checkpoints(
        request.match_info["job_id"], limit=whole_number(request, "limit", 10, MOST), after=request.query.get("after")
    )
    return web.json_response(page(found, has_more=more))


def _tunable(request: web.Request, name: str) -> Offered:
    model = request.app[STORE].models.get(name)
    if "supervised" not in model.base.methods:
        message = f"Model {model.name} is not available for fine-tuning by the method supervised."
        raise ApiError(message, code="model_not_available", param="model")
    return model


def _check_files(request: web.Request, body: CreateJob) -> None:
    if body.training_file == body.validation_file:
        raise ApiError("validation_file: is the training file. Give a file of other examples.", param="validation_file")
    for param in ("training_file", "validation_file"):
        if file_id := getattr(body, param):
            _check_file(request, file_id, param)


def _check_file(request: web.Request, file_id: str, param: str) -> None:
    file = request.app[STORE].files.find(file_id)
    if file is None:
        raise ApiError(f"No such File object: {file_id}", status=400, param=param, code="invalid_file")
    if file.purpose != FilePurpose.FINE_TUNE:
        message = f"{param}: {file_id} has the purpose '{file.purpose}'; expected 'fine-tune'."
        raise ApiError(message, param=param)
    if file.status == FileStatus.UPLOADED or "file_not_ready" in faults_met(request):
        message = f"File '{file_id}' is still being processed and is not ready to be used for fine-tuning."
        raise ApiError(f"{message} Please try again later.", param=param)


def _lasting_faults(request: web.Request) -> str:
    met = faults_met(request)
    values = {name: f"={met[name].value}" if met[name].value else "" for name in STAY_WITH_A_JOB if name in met}
    return ",".join(name + value for name, value in values.items())


async def _existing(request: web.Request) -> str:
    job_id = request.match_info["job_id"]
    request.app[STORE].jobs.row(job_id)
    await act(request)
    return job_id


def _not_in_this_state(request: web.Request, job_id: str, rule: str) -> ApiError:
    status = request.app[STORE].jobs.row(job_id)["status"]
    ended = "Job has already completed. " if status in ("succeeded", "failed", "cancelled") else ""
    return ApiError(f"{ended}{job_id} is {status}. {rule}", param="fine_tune_id")


def _shown(request: web.Request, job_id: str) -> web.Response:
    job: dict[str, Any] = show(request.app[STORE].jobs.row(job_id), faults_met(request))
    return web.json_response(job)
