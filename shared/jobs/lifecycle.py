"""The only writer of a job's state; each change and its event are one transaction."""

from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.clock import unix
from shared.db.database import server_time
from shared.errors import Conflict, IllegalMove
from shared.events.catalogue import EventType
from shared.events.record import record
from shared.jobs.journal import note
from shared.jobs.states import ARROWS, EVENTS, FINAL, JobState
from shared.jobs.tables import Job
from shared.jobs.view import show


async def create(session: AsyncSession, job: Job) -> Job:
    """Write a new job; checking its files follows."""
    job.state = JobState.VALIDATING
    job.stages = [{"stage": JobState.VALIDATING, "at": unix(await server_time(session))}]
    session.add(job)
    await session.flush()
    await session.refresh(job)
    note(session, job.id, f"Created fine-tuning job: {job.id}")
    files = f"training file: {job.training_file}"
    if job.validation_file:
        files += f" and validation file: {job.validation_file}"
    note(session, job.id, f"Validating {files}")
    await _tell(session, job, EVENTS[JobState.VALIDATING])
    return job


async def advance(session: AsyncSession, job_id: str, to: JobState, **facts: Any) -> Job:
    """Move the job along one legal arrow, write `facts` with it, and record the event that tells of it.

    Asking for the state it is already in changes nothing, so a step may run twice. Raises IllegalMove.
    """
    job = await locked(session, job_id)
    if job.state == to:
        return job
    if to not in ARROWS[JobState(job.state)]:
        raise IllegalMove(f"Job {job_id} is {job.state} and cannot become {to}.")
    at = await server_time(session)
    job.state = to
    job.stages = [*job.stages, {"stage": to, "at": unix(at)}]
    if to in FINAL:
        job.finished_at = at
        job.estimated_finish = None
    _set(job, facts)
    session.add(job)
    await session.flush()
    await _tell(session, job, EVENTS[to])
    return job


async def fail(session: AsyncSession, job_id: str, *, code: str, message: str, param: str | None = None) -> Job:
    """End the job with a reason that a person can act on; a final job stays as it is."""
    job = await locked(session, job_id)
    if job.state in FINAL:
        return job
    note(session, job_id, f"The job failed: {message}", level="error")
    error = {"code": code, "message": message, "param": param}
    return await advance(session, job_id, JobState.FAILED, error=error)


async def request_cancel(session: AsyncSession, job: Job) -> Job:
    """Note that the job is to end. One that the provider does not know ends now, else a worker stops it there.

    Raises Conflict for one that has been trained or has ended otherwise.
    """
    job = await locked(session, job.id)
    if job.state == JobState.FINISHING:
        # Trained and paid: no answer may promise an end that nobody can bring about.
        said = f"Job {job.id} has been trained and its results are being fetched; it cannot be cancelled any more."
        raise Conflict(said, code="job_already_final")
    if job.state == JobState.CANCELLED or (job.cancel_requested_at is not None and job.state not in FINAL):
        return job
    if job.state in FINAL:
        raise Conflict(f"Job {job.id} has {job.state} and cannot be cancelled.", code="job_already_final")
    job.cancel_requested_at = await server_time(session)
    note(session, job.id, "Cancellation requested")
    session.add(job)
    await session.flush()
    if job.state in (JobState.VALIDATING, JobState.UPLOADING):
        return await advance(session, job.id, JobState.CANCELLED)
    await _tell(session, job, EventType.JOB_CANCEL_REQUESTED)
    return job


async def learn(session: AsyncSession, job_id: str, **facts: Any) -> Job:
    """Write what the provider told of the job and that changes no state."""
    job = await locked(session, job_id)
    _set(job, facts)
    session.add(job)
    await session.flush()
    return job


async def locked(session: AsyncSession, job_id: str) -> Job:
    """Return the job with its row locked until the transaction ends."""
    query = select(Job).where(Job.id == job_id).with_for_update().execution_options(populate_existing=True)
    return (await session.exec(query)).one()


def _set(job: Job, facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        setattr(job, name, value)


async def _tell(session: AsyncSession, job: Job, event: EventType) -> None:
    await record(session, event, project_id=job.project_id, subject_id=job.id, data=show(job))
