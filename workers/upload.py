"""Bring a job's files to the provider, each once."""

from collections.abc import AsyncIterator

from shared.datasets.reading import UnpackLimits, unpacked
from shared.datasets.tables import Dataset
from shared.jobs import lifecycle
from shared.jobs.states import JobState
from shared.jobs.tables import Job
from shared.provider.client import Provider, upload_seconds
from shared.provider.once import Effect, NotYet, find_out, once
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
    # Cancelled in the middle, it sends nothing more, but an upload that was begun is still found out about.
    do = once if job.state == JobState.UPLOADING else find_out
    for file in files:
        sent = await do(runtime.database, lease, effect(runtime, runtime.provider(job.provider), file))
        if isinstance(sent, NotYet):
            return Again(sent.after, sent.why)
    if job.state != JobState.UPLOADING:
        return Done()
    async with runtime.begin() as session:
        await lease.fence(session)
        await lifecycle.advance(session, job.id, JobState.CREATING)
    return Done()


def effect(runtime: Runtime, provider: Provider, file: Dataset) -> Effect:
    """Return the upload of a file to a provider."""
    # Files carry no metadata at a provider: they are found again by a name that nobody else would give.
    name = f"{file.id}-{file.sha256[:16]}.jsonl"

    size = file.plain_bytes or file.bytes
    limits = UnpackLimits(bytes=runtime.settings.max_file_bytes)

    async def act() -> str:
        # Whatever it came packed in: a provider takes plain lines.
        chunks = unpacked(runtime.storage.get(file.stored_as), limits=limits)
        # Read before a byte is sent: a file that the storage lost is not a provider that did not answer.
        first = await anext(chunks, b"")
        return await provider.upload(name, _behind(first, chunks), size)

    return Effect(
        name=EFFECT,
        subject_id=file.id,
        provider=provider.name,
        # Counted from the intent: a large file is on its way for long before it can take effect.
        settle_seconds=provider.settings.settle_seconds + upload_seconds(size),
        act=act,
        look=lambda: provider.find_files(name),
        undo=provider.delete_file,
    )


async def _behind(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in chunks:
        yield chunk
