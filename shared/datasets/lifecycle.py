"""The only writer of a file's state; each change and its event are one transaction."""

from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.datasets.states import ARROWS, DatasetState
from shared.datasets.tables import Dataset
from shared.datasets.view import show
from shared.db.database import server_time
from shared.errors import IllegalMove
from shared.events.catalogue import EventType
from shared.events.record import record
from shared.wire.files import FilePurpose

_EVENTS = {
    DatasetState.MAKING: EventType.FILE_REQUESTED,
    DatasetState.UPLOADED: EventType.FILE_CREATED,
    DatasetState.PROCESSED: EventType.FILE_PROCESSED,
    DatasetState.ERROR: EventType.FILE_ERROR,
    DatasetState.DELETED: EventType.FILE_DELETED,
}


async def create(session: AsyncSession, dataset: Dataset) -> Dataset:
    """Write a new file whose bytes are stored; checking it follows."""
    dataset.state = DatasetState.UPLOADED
    return await _write(session, dataset)


async def request(session: AsyncSession, dataset: Dataset) -> Dataset:
    """Write a file that is to be made of another; making it follows, and then checking it."""
    assert dataset.derived_from is not None
    dataset.state = DatasetState.MAKING
    return await _write(session, dataset)


async def keep_result(session: AsyncSession, dataset: Dataset) -> Dataset:
    """Write a file that a job made: there is nothing to check and nobody to tell but by the job."""
    dataset.purpose = FilePurpose.FINE_TUNE_RESULTS
    dataset.state = DatasetState.PROCESSED
    session.add(dataset)
    await session.flush()
    return dataset


async def advance(session: AsyncSession, dataset_id: str, to: DatasetState, **facts: Any) -> Dataset:
    """Move the file along one legal arrow and record the event; the state it is already in changes nothing."""
    dataset = (await session.exec(select(Dataset).where(Dataset.id == dataset_id).with_for_update())).one()
    if dataset.state == to:
        return dataset
    if to not in ARROWS[DatasetState(dataset.state)]:
        raise IllegalMove(f"File {dataset_id} is {dataset.state} and cannot become {to}.")
    dataset.state = to
    for name, value in facts.items():
        setattr(dataset, name, value)
    if to == DatasetState.DELETED:
        dataset.deleted_at = await server_time(session)
    return await _write(session, dataset)


async def _write(session: AsyncSession, dataset: Dataset) -> Dataset:
    session.add(dataset)
    await session.flush()
    await session.refresh(dataset)
    event = _EVENTS[DatasetState(dataset.state)]
    await record(session, event, project_id=dataset.project_id, subject_id=dataset.id, data=show(dataset))
    return dataset
