"""Fine-tuning jobs: create, list, read, cancel; their events and checkpoints."""

import secrets
from typing import Any

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway import idempotency, parameters
from services.gateway.routes import Route, caller, runtime
from shared import catalogue
from shared.datasets import queries as datasets
from shared.datasets.states import DatasetState
from shared.datasets.tables import Dataset
from shared.errors import NotFound
from shared.jobs import lifecycle
from shared.jobs import queries as jobs
from shared.jobs.tables import Job
from shared.jobs.view import show, show_checkpoint, show_event
from shared.models import queries as models
from shared.models.states import Readiness
from shared.security.keys import Scope
from shared.wire import ids
from shared.wire.errors import ApiError
from shared.wire.files import FilePurpose
from shared.wire.jobs import CreateJob
from shared.wire.lists import page
from shared.wire.parse import parse


async def create(request: web.Request) -> web.Response:
    """Accept a job. Its files may still be in the check: it waits for them."""
    raw = await request.read()
    body = parse(CreateJob, raw)

    async def act(session: AsyncSession) -> dict[str, Any]:
        project_id = caller(request).project_id
        model, base = await _trainable(session, project_id, body.model)
        training = await _usable(session, project_id, body.training_file, "training_file")
        if body.validation_file is not None:
            _differ(training, await _usable(session, project_id, body.validation_file, "validation_file"))
        job = Job(
            id=ids.new("ftjob-"),
            project_id=project_id,
            model=model,
            base_model=base,
            training_file=body.training_file,
            validation_file=body.validation_file,
            suffix=body.suffix,
            seed=secrets.randbelow(2**31) if body.seed is None else body.seed,
            hyperparameters=body.chosen().model_dump(),
            labels=body.metadata or None,
            provider=runtime(request).settings.default_provider,
        )
        return show(await lifecycle.create(session, job))

    return await idempotency.write(request, act, content=raw)


async def list_jobs(request: web.Request) -> web.Response:
    """List jobs, newest first; `metadata[key]=value` filters, `metadata=null` asks for those without."""
    parameters.refuse_unknown(request, "limit", "after", "metadata")
    limit = parameters.integer(request, "limit", 20, 1, 1000)
    pairs, without = parameters.metadata(request)
    async with runtime(request).database.begin() as session:
        found = await jobs.page(
            session,
            caller(request).project_id,
            limit=limit,
            after=parameters.after(request, "ftjob-"),
            metadata=pairs,
            without_metadata=without,
        )
    shown = [show(job) for job in found[:limit]]
    return web.json_response(page(shown, has_more=len(found) > limit, with_ends=False))


async def retrieve(request: web.Request) -> web.Response:
    """Show one job."""
    async with runtime(request).database.begin() as session:
        return web.json_response(show(await _job(session, request)))


async def cancel(request: web.Request) -> web.Response:
    """Ask for the end of a job. What the provider trained until it stops is billed."""
    async with runtime(request).begin() as session:
        job = await lifecycle.request_cancel(session, await _job(session, request))
    return web.json_response(show(job))


async def events(request: web.Request) -> web.Response:
    """List a job's events, newest first."""
    parameters.refuse_unknown(request, "limit", "after")
    limit = parameters.integer(request, "limit", 20, 1, 1000)
    async with runtime(request).database.begin() as session:
        job = await _job(session, request)
        found = await jobs.events(session, job.id, limit=limit, after=parameters.after(request, "ftevent-"))
    shown = [show_event(event) for event in found[:limit]]
    return web.json_response(page(shown, has_more=len(found) > limit, with_ends=False))


async def checkpoints(request: web.Request) -> web.Response:
    """List a job's checkpoints, newest first."""
    parameters.refuse_unknown(request, "limit", "after")
    limit = parameters.integer(request, "limit", 10, 1, 1000)
    async with runtime(request).database.begin() as session:
        job = await _job(session, request)
        found = await jobs.checkpoints(session, job.id, limit=limit, after=parameters.after(request, "ftckpt_"))
    shown = [show_checkpoint(checkpoint) for checkpoint in found[:limit]]
    return web.json_response(page(shown, has_more=len(found) > limit))


async def _job(session: AsyncSession, request: web.Request) -> Job:
    return await jobs.get(session, caller(request).project_id, request.match_info["job_id"])


async def _trainable(session: AsyncSession, project_id: str, name: str) -> tuple[str, str]:
    """Return the snapshot or tuned model that the name means, and its base."""
    if (tuned := await models.find(session, project_id, name)) is not None:
        # Held until the job is committed, so that nobody deletes the model in between.
        await session.refresh(tuned, ["readiness"], with_for_update={"read": True})
    if tuned is not None and tuned.readiness != Readiness.DELETED:
        return tuned.id, tuned.base_model
    if name.startswith("ft:"):
        raise models.no_such_model(name)
    base = catalogue.exact(name)
    if base is None or "supervised" not in base.methods:
        hint = "It is tuned by another method than supervised." if base else _nearest(name)
        message = f"Model {name} is not available for fine-tuning or does not exist. {hint}"
        raise ApiError(message, param="model", code="model_not_available")
    return base.name, base.name


def _nearest(name: str) -> str:
    near = catalogue.suggest(name)
    return f"Did you mean {' or '.join(near)}?" if near else "GET /v1/models lists those that are."


async def _usable(session: AsyncSession, project_id: str, file_id: str, param: str) -> Dataset:
    dataset = await datasets.get(session, project_id, file_id, param=param)
    # Held until the job is committed, so that nobody deletes the file in between.
    await session.refresh(dataset, ["state"], with_for_update={"read": True})
    if dataset.state == DatasetState.DELETED:
        raise NotFound(f"No such File object: {file_id}", param=param)
    if dataset.purpose != FilePurpose.FINE_TUNE:
        message = f"{param}: {file_id} has the purpose {dataset.purpose!r}; a job takes files of purpose 'fine-tune'."
        raise ApiError(message, param=param)
    return dataset


def _differ(training: Dataset, validation: Dataset) -> None:
    # A file that is still being made has no hash yet.
    if validation.id == training.id or validation.sha256 == training.sha256 != "":
        message = "validation_file: is the training file. What was trained on proves nothing: hold examples out."
        raise ApiError(message, param="validation_file")


_JOB = "/v1/fine_tuning/jobs/{job_id}"
ROUTES = (
    Route("POST", "/v1/fine_tuning/jobs", create, Scope.JOBS_WRITE),
    Route("GET", "/v1/fine_tuning/jobs", list_jobs, Scope.JOBS_READ),
    Route("GET", _JOB, retrieve, Scope.JOBS_READ),
    Route("POST", f"{_JOB}/cancel", cancel, Scope.JOBS_WRITE),
    Route("GET", f"{_JOB}/events", events, Scope.JOBS_READ),
    Route("GET", f"{_JOB}/checkpoints", checkpoints, Scope.JOBS_READ),
)
