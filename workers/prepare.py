"""Check a job's files against its model, and price it."""

import asyncio
from dataclasses import dataclass
from typing import Any

from shared.catalogue import BaseModel, find
from shared.datasets.report import Report, check
from shared.datasets.states import DatasetState
from shared.datasets.tables import Dataset
from shared.jobs import lifecycle
from shared.jobs.journal import note
from shared.jobs.states import JobState
from shared.jobs.tables import Job
from shared.runtime import Runtime
from shared.work.claim import Lease
from shared.work.outcomes import Again, Done, GaveUp, Outcome
from workers.validate import TOO_FEW

#: The release step wakes the job as soon as its file is checked; this is the net underneath.
_WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class _Use:
    """A file in its use by a job."""

    dataset: Dataset
    param: str

    @property
    def name(self) -> str:
        return self.param.replace("_", " ")


async def run(runtime: Runtime, lease: Lease) -> Outcome:
    """Wait until the files are checked; then check them for the model, and write the estimate."""
    async with runtime.begin() as session:
        job = await session.get_one(Job, lease.subject_id)
        uses = [_Use(await session.get_one(Dataset, job.training_file), "training_file")]
        if job.validation_file:
            uses.append(_Use(await session.get_one(Dataset, job.validation_file), "validation_file"))
    if job.state != JobState.VALIDATING:
        return Done()
    if refusal := next((found for use in uses if (found := _refusal(use))), None):
        return refusal
    if any(use.dataset.state == DatasetState.UPLOADED for use in uses):
        return Again(_WAIT_SECONDS, "its files are being checked")
    base = find(job.base_model)
    assert base is not None, f"{job.base_model} left the catalogue"
    reports = [await _check(runtime, job, use, base) for use in uses]
    for use, report in zip(uses, reports, strict=True):
        if refusal := _refusal_by(use, report):
            return refusal
    await _go_on(runtime, lease, reports[0])
    return Done()


async def _check(runtime: Runtime, job: Job, use: _Use, base: BaseModel) -> Report:
    epochs = job.hyperparameters.get("n_epochs")
    n_epochs = epochs if isinstance(epochs, int) else None
    return await asyncio.to_thread(
        check,
        runtime.storage.read(use.dataset.stored_as),
        model=base,
        n_epochs=n_epochs,
        for_validation=use.param == "validation_file",
    )


async def _go_on(runtime: Runtime, lease: Lease, report: Report) -> None:
    async with runtime.begin() as session:
        await lease.fence(session)
        estimate: dict[str, Any] | None = report.as_dict()["estimate"]
        await lifecycle.advance(session, lease.subject_id, JobState.UPLOADING, estimate=estimate)
        note(session, lease.subject_id, "Files validated, moving job to queued state")


def _refusal(use: _Use) -> GaveUp | None:
    code = f"invalid_{use.param}"
    match use.dataset.state:
        case DatasetState.ERROR:
            return GaveUp(
                f"The {use.name} {use.dataset.id} has errors: {use.dataset.status_details} "
                f"All of them: GET /v1/files/{use.dataset.id}/report",
                code=code,
                param=use.param,
            )
        case DatasetState.DELETED:
            return GaveUp(f"The {use.name} {use.dataset.id} was deleted.", code=code, param=use.param)
    return None


def _refusal_by(use: _Use, report: Report) -> GaveUp | None:
    if (error := report.first_error()) is None:
        return None
    message = f"The {use.name} {use.dataset.id} does not suit the model: {error}"
    # OpenAI names one kind of error by itself (facts 4.3).
    code = "invalid_n_examples" if error.code == TOO_FEW else f"invalid_{use.param}"
    return GaveUp(message, code=code, param=use.param)
