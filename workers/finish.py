"""Fetch what training left: result file, checkpoints, trained tokens; then the job has succeeded."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from shared.datasets import lifecycle as datasets
from shared.datasets.tables import Dataset
from shared.errors import Conflict, IllegalMove, ProviderRefused
from shared.jobs import journal, lifecycle
from shared.jobs.states import JobState
from shared.jobs.tables import Job
from shared.jobs.view import parent_of
from shared.models import lifecycle as models
from shared.models.tables import TunedModel
from shared.provider.answers import ProviderCheckpoint, ProviderJob
from shared.provider.client import Provider
from shared.runtime import Runtime
from shared.wire import ids
from shared.wire.files import FilePurpose
from shared.work.claim import Lease
from shared.work.outcomes import Done, GaveUp, Outcome, Retry
from workers import poll

#: OpenAI's name of the file (openai-api-facts 3.4).
_FILENAME = "step_metrics.csv"


@dataclass(frozen=True)
class _Results:
    job: ProviderJob
    files: list[Dataset]
    checkpoints: list[ProviderCheckpoint]
    #: What the provider has and did not give, in words.
    missing: list[str]


async def run(runtime: Runtime, lease: Lease) -> Outcome:
    """Fetch all, then write all in one transaction, so that a second run writes nothing twice."""
    async with runtime.begin() as session:
        job = await session.get_one(Job, lease.subject_id)
    if job.state != JobState.FINISHING or job.provider_job_id is None:
        return Done()
    provider = runtime.provider(job.provider)
    try:
        found = await provider.job(job.provider_job_id)
        checkpoints = await provider.checkpoints(job.provider_job_id)
    except ProviderRefused as exc:
        return poll.untold(job, exc, lease.attempt)
    if found.fine_tuned_model is None:
        return _nameless(runtime, lease, provider)
    results = _Results(found, [], checkpoints, [])
    for file_id in found.result_files:
        try:
            results.files.append(await _fetch(runtime, provider, job, file_id))
        except ProviderRefused as exc:
            # The model is there and paid for: that a table is not must not take it away.
            results.missing.append(f"{provider.name} did not give the result file {file_id}: {exc}")
    try:
        await _write(runtime, lease, job, results)
    except IllegalMove:
        raise
    except Conflict as exc:
        return GaveUp(f"{provider.name} made a model that cannot be kept. {exc}", code="provider_failed")
    return Done()


def _nameless(runtime: Runtime, lease: Lease, provider: Provider) -> Outcome:
    """Ask again: one answer that lags, or a proxy that cut it, must not throw away a model that is paid."""
    said = f"{provider.name} says that the job succeeded and names no model."
    if lease.attempt < runtime.settings.pipeline.attempts:
        return Retry(said, defect=True)
    return GaveUp(said, code="provider_failed")


async def _fetch(runtime: Runtime, provider: Provider, job: Job, file_id: str) -> Dataset:
    content = await provider.content(file_id)
    # The same name each time: a second run writes over what the first left.
    stored_as = f"results/{job.id}/{hashlib.sha256(file_id.encode()).hexdigest()[:16]}.csv"

    async def whole() -> AsyncIterator[bytes]:
        yield content

    stored = await runtime.storage.put(stored_as, whole())
    return Dataset(
        id=ids.new("file-"),
        project_id=job.project_id,
        filename=_FILENAME,
        purpose=FilePurpose.FINE_TUNE_RESULTS,
        bytes=stored.bytes,
        sha256=stored.sha256,
        stored_as=stored_as,
    )


async def _write(runtime: Runtime, lease: Lease, job: Job, results: _Results) -> None:
    name = results.job.fine_tuned_model
    assert name is not None
    async with runtime.begin() as session:
        await lease.fence(session)
        for file in results.files:
            await datasets.keep_result(session, file)
        await journal.copy_checkpoints(session, job, results.checkpoints)
        await models.add(session, _model(job, name))
        for message in results.missing:
            journal.note(session, job.id, message, level="warn")
        for checkpoint in results.checkpoints:
            await models.add(session, _model(job, checkpoint.model, checkpoint.step))
        await lifecycle.advance(
            session,
            job.id,
            JobState.SUCCEEDED,
            fine_tuned_model=name,
            trained_tokens=results.job.trained_tokens,
            result_files=[file.id for file in results.files],
            provider_status=results.job.status,
        )


def _model(job: Job, name: str, step: int | None = None) -> TunedModel:
    return TunedModel(
        id=name,
        project_id=job.project_id,
        job_id=job.id,
        provider=job.provider,
        base_model=job.base_model,
        parent_model=parent_of(job),
        checkpoint_step=step,
    )
