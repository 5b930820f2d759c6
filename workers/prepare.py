"""Check a job's files against its model, and price it."""

from dataclasses import dataclass
from typing import Any

from shared.catalogue import BaseModel, find
from shared.datasets import queries as datasets
from shared.datasets.checks import Finding, Severity
from shared.datasets.estimate import Estimate, estimate_of_report
from shared.datasets.report_judge import for_validation, judge
from shared.datasets.states import UNCHECKED, DatasetState
from shared.datasets.tables import Dataset
from shared.jobs import lifecycle
from shared.jobs.journal import note
from shared.jobs.states import JobState
from shared.jobs.tables import Job
from shared.runtime import Runtime
from shared.work.claim import Lease
from shared.work.outcomes import Again, Done, GaveUp, Outcome
from workers.checking import CHECKS
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

    @property
    def is_held_out(self) -> bool:
        """It is only validated on: it may be small, and costs nothing."""
        return self.param == "validation_file"


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
    if any(use.dataset.state in UNCHECKED for use in uses):
        return Again(_WAIT_SECONDS, "its files are being checked")
    base = find(job.base_model)
    assert base is not None, f"{job.base_model} left the catalogue"
    epochs = job.hyperparameters.get("n_epochs")
    estimates = []
    for use in uses:
        error, estimate = await _judged(runtime, use, base, epochs if isinstance(epochs, int) else None)
        if error is not None:
            return _refusal_by(use, error)
        estimates.append(estimate)
    await _go_on(runtime, lease, estimates[0])
    return Done()


async def _judged(
    runtime: Runtime, use: _Use, base: BaseModel, n_epochs: int | None
) -> tuple[Finding | None, Estimate | None]:
    """Return what keeps the file from this use, or else what its use costs; it is read only if its report says less."""
    stored: dict[str, Any] | None = use.dataset.report
    if stored is not None:
        error = _error_by(for_validation(stored) if use.is_held_out else stored, base)
        price = None if use.is_held_out else estimate_of_report(stored, base, n_epochs)
        if error is not None or price is not None or use.is_held_out:
            return error, price
    async with runtime.begin() as session:
        policy = await datasets.policy(session, use.dataset.project_id)
    asked = {"n_epochs": n_epochs, "for_validation": use.is_held_out, "policy": policy}
    report = await CHECKS.get().report(runtime.storage, use.dataset, model=base, **asked)
    return report.first_error(), report.estimate


def _error_by(report: dict[str, Any], base: BaseModel) -> Finding | None:
    told = (Finding(**{**found, "severity": Severity(found["severity"])}) for found in report["findings"])
    return next((found for found in (*told, *judge(report, base)) if found.severity is Severity.ERROR), None)


async def _go_on(runtime: Runtime, lease: Lease, estimate: Estimate | None) -> None:
    async with runtime.begin() as session:
        await lease.fence(session)
        price = estimate and estimate.as_dict()
        await lifecycle.advance(session, lease.subject_id, JobState.UPLOADING, estimate=price)
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


def _refusal_by(use: _Use, error: Finding) -> GaveUp:
    message = f"The {use.name} {use.dataset.id} does not suit the model: {error}"
    # OpenAI names one kind of error by itself (facts 4.3).
    code = "invalid_n_examples" if error.code == TOO_FEW else f"invalid_{use.param}"
    return GaveUp(message, code=code, param=use.param)
