"""Follow the job until the provider is done with it."""

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from shared import log
from shared.clock import from_unix
from shared.errors import ProviderRefused
from shared.jobs import journal, lifecycle
from shared.jobs.states import FINAL, JobState
from shared.jobs.tables import Job
from shared.provider.answers import ProviderEvent, ProviderJob
from shared.provider.once import known
from shared.runtime import Runtime
from shared.wire.jobs import FINAL as ENDED
from shared.work.claim import Lease
from shared.work.outcomes import Again, Done, GaveUp, Outcome, Retry
from workers import upload

_log = log.get(__name__)
#: A job that is not found so often in a row is gone; one that is new may not be known to every server there yet.
_LOST_AFTER = 8
_STILL = {
    "validating_files": JobState.QUEUED,
    "queued": JobState.QUEUED,
    "running": JobState.RUNNING,
}


async def run(runtime: Runtime, lease: Lease) -> Outcome:
    """Read the job and its new events; write both; come back until it is final."""
    async with runtime.begin() as session:
        job = await session.get_one(Job, lease.subject_id)
        seen = await journal.known_event_ids(session, job.id)
    if job.state not in (JobState.QUEUED, JobState.RUNNING) or job.provider_job_id is None:
        return Done()
    provider = runtime.provider(job.provider)
    try:
        found = await provider.job(job.provider_job_id)
        # The status is read before the events: what is final then has all its events in the list. The last time all
        # of them are read: the list has whole seconds only, and what came late may stand below what is known.
        events = await provider.events(job.provider_job_id, frozenset() if found.status in ENDED else seen)
    except ProviderRefused as exc:
        return untold(job, exc, lease.attempt)
    names = await _names(runtime, job)
    return await _write(runtime, lease, job, found, events, names)


def untold(job: Job, exc: ProviderRefused, attempt: int) -> Outcome:
    """Return what a refusal to tell of a job means: it goes on there and is paid, so nobody gives up at the first."""
    if exc.provider_status == 404 and attempt >= _LOST_AFTER:
        return GaveUp(f"{job.provider} no longer knows the job {job.provider_job_id}.", code="provider_lost_job")
    return Retry(f"{job.provider} refused to tell of the job {job.provider_job_id}: {exc}", defect=True)


async def _write(
    runtime: Runtime, lease: Lease, job: Job, found: ProviderJob, events: list[ProviderEvent], names: dict[str, str]
) -> Outcome:
    async with runtime.begin() as session:
        await lease.fence(session)
        await lifecycle.learn(session, job.id, **_facts(job, found))
        await journal.copy_events(session, job, events, names)
        match found.status:
            case "succeeded":
                await lifecycle.advance(session, job.id, JobState.FINISHING, provider_status=found.status)
            case "cancelled":
                facts = {"provider_status": found.status, "trained_tokens": found.trained_tokens}
                await lifecycle.advance(session, job.id, JobState.CANCELLED, **facts)
            case "failed":
                message = found.error_message or f"{job.provider} gave no reason."
                for theirs, ours in names.items():
                    message = message.replace(theirs, ours)
                await lifecycle.fail(session, job.id, code=found.error_code or "provider_failed", message=message)
            case status:
                return await _go_on(runtime, session, job, status)
    return Done()


async def _go_on(runtime: Runtime, session: AsyncSession, job: Job, status: str) -> Outcome:
    state = _STILL.get(status)
    if state is None and status != job.provider_status:
        # Providers add statuses without a word (peers.md 0.3): never final, but somebody should know.
        _log.error("provider.unknown_status", provider=job.provider, job_id=job.id, status=status)
    if state == JobState.RUNNING:
        await lifecycle.advance(session, job.id, JobState.RUNNING)
    return Again(runtime.provider(job.provider).settings.poll_seconds)


def _facts(job: Job, found: ProviderJob) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "estimated_finish": from_unix(found.estimated_finish) if found.estimated_finish else None,
    }
    if found.status not in ENDED:
        facts["provider_status"] = found.status
    chosen = {name: value for name, value in found.hyperparameters.items() if name in job.hyperparameters}
    if chosen:
        facts["hyperparameters"] = {**job.hyperparameters, **chosen}
    return facts


async def _names(runtime: Runtime, job: Job) -> dict[str, str]:
    """Return the provider's ids that its event texts may hold, each with ours."""
    names = {str(job.provider_job_id): job.id}
    for file_id in (job.training_file, job.validation_file):
        theirs = file_id and await known(runtime.database, upload.EFFECT, file_id, job.provider)
        if file_id and theirs:
            names[theirs] = file_id
    return names


async def give_up(runtime: Runtime, lease: Lease, outcome: GaveUp) -> None:
    """End the job with the reason; the same for every step of a job."""
    async with runtime.begin() as session:
        await lease.fence(session)
        job = await lifecycle.locked(session, lease.subject_id)
        if job.state not in FINAL:
            await lifecycle.fail(session, job.id, code=outcome.code, message=outcome.reason, param=outcome.param)
