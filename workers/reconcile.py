"""Compare the provider's list of jobs with ours, and cancel there what should not be."""

import time

from sqlmodel import col, select

from shared import log
from shared.errors import ProviderRefused
from shared.jobs.states import JobState
from shared.jobs.tables import Job
from shared.provider.answers import OUR_ID, ProviderJob
from shared.provider.client import Provider
from shared.runtime import Runtime

_log = log.get(__name__)
#: How far back to look: no request of ours can take effect later than this.
_WINDOW_SECONDS = 24 * 3600
_ENDED = ("succeeded", "failed", "cancelled")
#: States in which a job at the provider has nobody who waits for it.
_UNWANTED = frozenset({JobState.FAILED, JobState.CANCELLED})


async def reconcile(runtime: Runtime) -> list[str]:
    """Cancel twins, and jobs whose job here has ended without a model; return their ids at the provider."""
    cancelled = []
    for provider in runtime.providers.values():
        living = [job async for job in provider.recent_jobs(int(time.time()) - _WINDOW_SECONDS) if _lives(job)]
        async with runtime.database.begin() as session:
            query = select(Job).where(col(Job.id).in_([job.metadata[OUR_ID] for job in living]))
            ours = {job.id: job for job in (await session.exec(query)).all()}
        for job in living:
            # A job that we do not know may be another installation's, with the same account: it is not ours to end.
            known = ours.get(job.metadata[OUR_ID])
            if known is not None and _is_unwanted(known, job):
                await _cancel(provider, job, known)
                cancelled.append(job.id)
    return cancelled


def _lives(job: ProviderJob) -> bool:
    return OUR_ID in job.metadata and job.status not in _ENDED


def _is_unwanted(ours: Job, theirs: ProviderJob) -> bool:
    if ours.state in _UNWANTED:
        return True
    return ours.provider_job_id is not None and ours.provider_job_id != theirs.id


async def _cancel(provider: Provider, theirs: ProviderJob, ours: Job) -> None:
    _log.error("reconcile.unwanted_job", provider=provider.name, provider_job_id=theirs.id, job_id=ours.id)
    try:
        await provider.cancel(theirs.id)
    except ProviderRefused as exc:
        _log.info("reconcile.ended_by_itself", provider_job_id=theirs.id, reason=str(exc))
