"""A job, its events and its checkpoints as the API shows them."""

from typing import Any

from shared.clock import unix
from shared.jobs.states import STATUS, JobState
from shared.jobs.tables import Job, JobCheckpoint, JobEvent
from shared.wire import jobs as wire


def show(job: Job) -> dict[str, Any]:
    """Return OpenAI's job object with our stage, estimate, provider and lineage."""
    body = wire.Job(
        id=job.id,
        model=job.model,
        created_at=unix(job.created_at),
        finished_at=unix(job.finished_at) if job.finished_at else None,
        fine_tuned_model=job.fine_tuned_model,
        organization_id=job.project_id,
        result_files=job.result_files,
        status=STATUS[JobState(job.state)],
        validation_file=job.validation_file,
        training_file=job.training_file,
        hyperparameters=job.hyperparameters,
        trained_tokens=job.trained_tokens,
        error=wire.JobError.model_validate(job.error) if job.error else None,
        user_provided_suffix=job.suffix,
        seed=job.seed,
        estimated_finish=unix(job.estimated_finish) if job.estimated_finish else None,
        metadata=job.labels,
        method={"type": "supervised", "supervised": {"hyperparameters": job.hyperparameters}},
    ).model_dump(mode="json")
    return {
        **body,
        "stage": job.state,
        "stages": job.stages,
        "estimate": job.estimate,
        "provider": {"name": job.provider, "job_id": job.provider_job_id, "status": job.provider_status},
        "lineage": {"base_model": job.base_model, "parent_model": parent_of(job)},
    }


def parent_of(job: Job) -> str | None:
    """Return the tuned model that the job goes on from, if it does."""
    return job.model if job.model != job.base_model else None


def show_event(event: JobEvent) -> dict[str, Any]:
    """Return OpenAI's event object."""
    return wire.JobEvent(
        id=event.id,
        created_at=unix(event.created_at),
        level=event.level,
        message=event.message,
        type=event.type,
        data=event.data,
    ).model_dump(mode="json")


def show_checkpoint(checkpoint: JobCheckpoint) -> dict[str, Any]:
    """Return OpenAI's checkpoint object."""
    return wire.Checkpoint(
        id=checkpoint.id,
        created_at=unix(checkpoint.created_at),
        fine_tuning_job_id=checkpoint.job_id,
        fine_tuned_model_checkpoint=checkpoint.model,
        step_number=checkpoint.step,
        metrics=checkpoint.metrics,
    ).model_dump(mode="json")
