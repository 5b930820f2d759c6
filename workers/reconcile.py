"""Compare the provider's list of jobs with ours, and cancel there what should not be."""

from sqlmodel import col, select

from shared import log
from shared.clock import unix
from shared.db.database import server_time
from shared.errors import ProviderError, ProviderRefused
from shared.jobs.states import JobState
from shared.jobs.tables import Job
from shared.provider.answers import OUR_ID, ProviderJob
from shared.provider.client import Provider
from shared.runtime import Runtime
from shared.wire.jobs import FINAL as ENDED

_log = log.get(__name__)
#: How far back to look, by the database's clock: no request of ours can take effect later than this.
_WINDOW_SECONDS = 24 * 3600
#: States in which a job at the provider has nobody who waits for it.
_UNWANTED = frozenset({JobState.FAILED, JobState.CANCELLED})


async def reconcile(runtime: Runtime) -> list[str]:
    """Cancel twins, and jobs whose job here has ended without a model; return their ids at the provider.

    What a provider does not answer keeps nobody from the next one, nor from its next job.
    """
    cancelled = []
    for provider in runtime.providers.values():
        try:
            unwanted = await _unwanted(runtime, provider)
        except ProviderError as exc:
            _log.warning("reconcile.failed", provider=provider.name, error=str(exc))
            continue
        cancelled += [theirs.id for theirs, ours in unwanted if await _cancel(provider, theirs, ours)]
    return cancelled


async def _unwanted(runtime: Runtime, provider: Provider) -> list[tuple[ProviderJob, Job]]:
    """Return the jobs of the last day that live at the provider and should not, each with ours."""
    async with runtime.database.begin() as session:
        since = unix(await server_time(session)) - _WINDOW_SECONDS
    living = [job async for job in provider.recent_jobs(since) if _lives(job)]
    async with runtime.database.begin() as session:
        query = select(Job).where(col(Job.id).in_([job.metadata[OUR_ID] for job in living]))
        ours = {job.id: job for job in (await session.exec(query)).all()}
    # A job that we do not know may be another installation's, with the same account: it is not ours to end.
    known = [(job, ours[job.metadata[OUR_ID]]) for job in living if job.metadata[OUR_ID] in ours]
    return [(theirs, job) for theirs, job in known if _is_unwanted(job, theirs)]


def _lives(job: ProviderJob) -> bool:
    return OUR_ID in job.metadata and job.status not in ENDED


def _is_unwanted(ours: Job, theirs: ProviderJob) -> bool:
    if ours.state in _UNWANTED:
        return True
    return ours.provider_job_id is not None and ours.provider_job_id != theirs.id


async def _cancel(provider: Provider, theirs: ProviderJob, ours: Job) -> bool:
    """Ask for its end; say whether the provider answered, be it that it has ended by itself."""
    _log.error("reconcile.unwanted_job", provider=provider.name, provider_job_id=theirs.id, job_id=ours.id)
    try:
        await provider.cancel(theirs.id)
    except ProviderRefused as exc:
        _log.info("reconcile.ended_by_itself", provider_job_id=theirs.id, reason=str(exc))
    except ProviderError as exc:
        _log.warning("reconcile.not_cancelled", provider_job_id=theirs.id, error=str(exc))
        return False
    return True
