"""Bring a job's files to the provider, each once."""

from shared.datasets.tables import Dataset
from shared.jobs import lifecycle
from shared.jobs.states import JobState
from shared.jobs.tables import Job
from shared.provider.client import Provider
from shared.provider.once import Effect, NotYet, once
from shared.runtime import Runtime
from shared.work.claim import Lease
from shared.work.outcomes import Again, Done, Outcome

EFFECT = "upload"


async def run(runtime: Runtime, lease: Lease) -> Outcome:
    """Upload what is not there yet; a file that several jobs use is uploaded for the first of them."""
    async with runtime.begin() as session:
        job = await session.get_one(Job, lease.subject_id)
        ids = [file_id for file_id in (job.training_file, job.validation_file) if file_id]
        files = [await session.get_one(Dataset, file_id) for file_id in ids]
    if job.state != JobState.UPLOADING:
        return Done()
    for file in files:
        sent = await once(runtime.database, lease, _effect(runtime, runtime.providers[job.provider], file))
        if isinstance(sent, NotYet):
            return Again(sent.after, sent.why)
    async with runtime.begin() as session:
        await lease.fence(session)
        await lifecycle.advance(session, job.id, JobState.CREATING)
    return Done()


def _effect(runtime: Runtime, provider: Provider, file: Dataset) -> Effect:
    # Files carry no metadata at a provider: they are found again by a name that nobody else would give.
    name = f"{file.id}-{file.sha256[:16]}.jsonl"
    return Effect(
        name=EFFECT,
        subject_id=file.id,
        provider=provider.name,
        settle_seconds=provider.settings.settle_seconds,
        act=lambda: provider.upload(name, runtime.storage.get(file.stored_as), file.bytes),
        look=lambda: provider.find_files(name),
        undo=provider.delete_file,
    )
