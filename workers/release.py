"""Tell the jobs that wait for a file that it is checked."""

from shared.events.reactions import Step
from shared.jobs.queries import alive_with_file
from shared.jobs.states import JobState
from shared.runtime import Runtime
from shared.work.claim import Lease
from shared.work.outcomes import Done, Outcome
from shared.work.todo import schedule


async def run(runtime: Runtime, lease: Lease) -> Outcome:
    """Wake the first step of every job that is still waiting for its files."""
    async with runtime.begin() as session:
        for job in await alive_with_file(session, lease.subject_id):
            if job.state == JobState.VALIDATING:
                await schedule(session, Step.PREPARE, job.id)
    return Done()
