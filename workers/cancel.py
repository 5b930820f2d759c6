"""Stop the job at the provider."""

from shared.errors import ProviderRefused
from shared.events.reactions import Step
from shared.jobs import journal, lifecycle
from shared.jobs.states import JobState
from shared.jobs.tables import Job
from shared.runtime import Runtime
from shared.work.claim import Lease
from shared.work.outcomes import Again, Done, GaveUp, Outcome, Retry
from shared.work.todo import schedule

#: While the job is being created nobody can cancel it; it is created or given up within the settling time.
_WAIT_SECONDS = 1.0


async def run(runtime: Runtime, lease: Lease) -> Outcome:
    """Ask the provider; whether it obeyed is read by the next poll, which is due at once."""
    async with runtime.begin() as session:
        job = await session.get_one(Job, lease.subject_id)
    if job.state == JobState.CREATING:
        return Again(_WAIT_SECONDS, "the job is being created")
    if job.state not in (JobState.QUEUED, JobState.RUNNING) or job.provider_job_id is None:
        return Done()
    try:
        await runtime.provider(job.provider).cancel(job.provider_job_id)
    except ProviderRefused as exc:
        # It has ended by itself, or is not known: the poll finds out which (facts 2.1).
        if exc.provider_status not in (400, 404, 409):
            return Retry(f"{job.provider} refused to cancel: {exc}", defect=True)
    async with runtime.begin() as session:
        await lease.fence(session)
        await schedule(session, Step.POLL, job.id)
    return Done()


async def give_up(runtime: Runtime, lease: Lease, outcome: GaveUp) -> None:
    """Say that it could not be stopped, and let it be asked for again: the job goes on there, and so it does here."""
    async with runtime.begin() as session:
        await lease.fence(session)
        await lifecycle.learn(session, lease.subject_id, cancel_requested_at=None)
        journal.note(session, lease.subject_id, f"The job could not be cancelled: {outcome.reason}", level="error")
