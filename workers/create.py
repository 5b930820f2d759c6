"""Create the job at the provider, once whatever happens."""

from shared.db.database import Database
from shared.errors import ProviderRefused
from shared.jobs import lifecycle
from shared.jobs.states import JobState
from shared.jobs.tables import Job
from shared.provider.answers import NewJob
from shared.provider.client import Provider
from shared.provider.once import Effect, NotYet, find_out, known, once
from shared.runtime import Runtime
from shared.work.claim import Lease
from shared.work.outcomes import Again, Done, GaveUp, Outcome
from workers import upload
from workers.runner import given_up

EFFECT = "create"
#: What a person can do about a refusal that says only what is wrong, by its code.
_WHAT_TO_DO = {
    "training_not_available": (
        " Let TUNEYARD_PROVIDERS__{name}__BASE_URL name a provider that still trains, such as Tuneyard's own trainer,"
        " and create the job again: the file is kept."
    ),
    "insufficient_quota": " Raise the limit of the account at the provider, and create the job again.",
}


async def run(runtime: Runtime, lease: Lease) -> Outcome:
    """Create the job, or find the one that an earlier try created."""
    async with runtime.begin() as session:
        job = await session.get_one(Job, lease.subject_id)
    if job.state != JobState.CREATING:
        return Done()
    provider = runtime.provider(job.provider)
    effect = _effect(provider, await _new_job(runtime.database, job))
    # Once tried, the provider may have the job: then it must be found before it can be cancelled.
    do = once if job.cancel_requested_at is None else find_out
    try:
        made = await do(runtime.database, lease, effect)
    except ProviderRefused as exc:
        return _refused(provider, exc)
    if isinstance(made, NotYet):
        return Again(made.after, made.why)
    async with runtime.begin() as session:
        await lease.fence(session)
        if made is None:
            await lifecycle.advance(session, job.id, JobState.CANCELLED)
        else:
            await lifecycle.advance(session, job.id, JobState.QUEUED, provider_job_id=made, provider_status="created")
    return Done()


def _refused(provider: Provider, exc: ProviderRefused) -> GaveUp:
    advice = _WHAT_TO_DO.get(exc.code or "", "").format(name=provider.name.upper())
    return given_up(exc, advice)


async def _new_job(database: Database, job: Job) -> NewJob:
    training = await known(database, upload.EFFECT, job.training_file, job.provider)
    validation = job.validation_file and await known(database, upload.EFFECT, job.validation_file, job.provider)
    assert training is not None, f"{job.training_file} was not uploaded before {job.id} was created"
    return NewJob(
        our_id=job.id,
        model=job.model,
        training_file=training,
        validation_file=validation,
        suffix=job.suffix,
        seed=job.seed,
        hyperparameters=job.hyperparameters,
    )


def _effect(provider: Provider, new: NewJob) -> Effect:
    async def act() -> str:
        return (await provider.create_job(new)).id

    async def look() -> list[str]:
        return [job.id for job in await provider.find_jobs(new.our_id)]

    return Effect(
        name=EFFECT,
        subject_id=new.our_id,
        provider=provider.name,
        settle_seconds=provider.settings.settle_seconds,
        act=act,
        look=look,
        undo=provider.cancel,
    )
