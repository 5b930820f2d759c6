"""Ask the new model until it answers, then say that it is ready."""

from shared import log
from shared.catalogue import find
from shared.db.database import server_time
from shared.errors import ProviderBusy, ProviderRefused, ProviderUnclear
from shared.jobs.journal import note
from shared.jobs.tables import Job
from shared.models import lifecycle
from shared.models.states import Readiness
from shared.models.tables import TunedModel
from shared.runtime import Runtime
from shared.work.claim import Lease
from shared.work.outcomes import Again, Done, GaveUp, Outcome

_log = log.get(__name__)
#: A new model is asked this often at first, and more rarely the longer it takes.
_FIRST_SECONDS = 1.0
_MOST_SECONDS = 60.0


async def run(runtime: Runtime, lease: Lease) -> Outcome:
    """Ask for one token; `model.ready` is told when it came."""
    async with runtime.begin() as session:
        job = await session.get_one(Job, lease.subject_id)
        model = await session.get(TunedModel, job.fine_tuned_model)
    if model is None or model.readiness != Readiness.LOADING:
        return Done()
    base = find(model.base_model)
    chat = base is None or "chat" in base.formats
    try:
        await runtime.provider(model.provider).answers(model.id, chat=chat)
    except (ProviderRefused, ProviderBusy, ProviderUnclear) as exc:
        return await _later(runtime, model, exc)
    async with runtime.begin() as session:
        await lease.fence(session)
        await lifecycle.advance(session, model.id, Readiness.READY, labels=job.labels)
        note(session, job.id, f"The model answers: {model.id}")
    return Done()


async def _later(runtime: Runtime, model: TunedModel, exc: Exception) -> Outcome:
    async with runtime.database.begin() as session:
        waited = (await server_time(session) - model.created_at).total_seconds()
    if waited > runtime.settings.pipeline.readiness_seconds:
        return GaveUp(f"The model {model.id} did not answer within {waited:.0f} s: {exc}", code="model_not_ready")
    return Again(min(max(waited / 4, _FIRST_SECONDS), _MOST_SECONDS), str(exc))


async def give_up(runtime: Runtime, lease: Lease, outcome: GaveUp) -> None:
    """Say in the job's events that the model never answered; it stays `loading`, and calls are still forwarded."""
    async with runtime.begin() as session:
        await lease.fence(session)
        note(session, lease.subject_id, outcome.reason, level="error")
