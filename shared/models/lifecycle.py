"""The only writer of a model's readiness; each change and its event are one transaction."""

from collections.abc import Mapping

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import server_time
from shared.errors import Conflict, IllegalMove
from shared.events.catalogue import EventType
from shared.events.record import record
from shared.models.states import ARROWS, Readiness
from shared.models.tables import TunedModel
from shared.models.view import show

_EVENTS = {Readiness.READY: EventType.MODEL_READY, Readiness.DELETED: EventType.MODEL_DELETED}


async def add(session: AsyncSession, model: TunedModel) -> None:
    """Write a model that a job made, once. Whether it answers is found out later; of a checkpoint nobody is told.

    Raises Conflict for a name that another job's model has: it may be another project's.
    """
    there = await session.get(TunedModel, model.id)
    if there is not None and there.job_id != model.job_id:
        raise Conflict(f"The model {model.id} of job {model.job_id} has the name of another job's model.")
    if there is None:
        model.readiness = Readiness.LOADING if model.checkpoint_step is None else Readiness.READY
        session.add(model)
        await session.flush()


async def advance(session: AsyncSession, name: str, to: Readiness, *, labels: Mapping[str, str] | None) -> TunedModel:
    """Move the model along one legal arrow and record the event; the state it is already in changes nothing.

    The event carries `labels`, the metadata of the model's job: who listens for a team's jobs hears of its models.
    """
    model = (await session.exec(select(TunedModel).where(TunedModel.id == name).with_for_update())).one()
    if model.readiness == to:
        return model
    if to not in ARROWS[Readiness(model.readiness)]:
        raise IllegalMove(f"Model {name} is {model.readiness} and cannot become {to}.")
    model.readiness = to
    setattr(model, "ready_at" if to == Readiness.READY else "deleted_at", await server_time(session))
    session.add(model)
    await session.flush()
    await session.refresh(model)
    await record(
        session, _EVENTS[to], project_id=model.project_id, subject_id=model.id, data={**show(model), "metadata": labels}
    )
    return model
