"""Remove what was deleted: a file's bytes, here and at the provider; a model at the provider; what an upload left."""

from shared import log
from shared.datasets import uploads
from shared.datasets.tables import Dataset
from shared.errors import ProviderRefused
from shared.models.tables import TunedModel
from shared.provider.once import NotYet, find_out
from shared.runtime import Runtime
from shared.work.claim import Lease
from shared.work.outcomes import Again, Done, GaveUp, Outcome, Retry
from workers import upload

_log = log.get(__name__)


async def erase_file(runtime: Runtime, lease: Lease) -> Outcome:
    """Delete the bytes here, and the copies that providers have."""
    async with runtime.begin() as session:
        dataset = await session.get_one(Dataset, lease.subject_id)
    # Ours first: nobody else's answer may keep them.
    await runtime.storage.delete(dataset.stored_as)
    refused = []
    for provider in runtime.providers.values():
        try:
            # An upload that nobody knows the end of may have left a copy too.
            theirs = await find_out(runtime.database, lease, upload.effect(runtime, provider, dataset))
            if isinstance(theirs, NotYet):
                return Again(theirs.after, theirs.why)
            if theirs is not None:
                await provider.delete_file(theirs)
        except ProviderRefused as exc:
            refused.append(_refusal(provider.name, exc))
    # A key that is being changed, a file that a job there still uses: refused today may be done tomorrow.
    return Retry(" ".join(refused), defect=True) if refused else Done()


async def sweep(runtime: Runtime, lease: Lease) -> Outcome:
    """Delete the bytes of an upload whose gateway died before it recorded the file: recording strikes this row out."""
    await runtime.storage.delete(uploads.stored_as(lease.subject_id))
    _log.info("upload.swept", file_id=lease.subject_id)
    return Done()


async def erase_model(runtime: Runtime, lease: Lease) -> Outcome:
    """Delete the model at its provider."""
    async with runtime.begin() as session:
        model = await session.get_one(TunedModel, lease.subject_id)
    try:
        await runtime.provider(model.provider).delete_model(model.id)
    except ProviderRefused as exc:
        return Retry(_refusal(model.provider, exc), defect=True)
    return Done()


def _refusal(provider: str, exc: ProviderRefused) -> str:
    return f"{provider} refused to delete: {exc}"


async def give_up(_runtime: Runtime, lease: Lease, outcome: GaveUp) -> None:
    """Tell the operator: what could not be removed is of no use to a caller, who no longer sees it."""
    _log.error("erase.given_up", step=lease.kind, subject_id=lease.subject_id, reason=outcome.reason)
