"""Read the dataset, report every problem."""

from shared import log
from shared.datasets import lifecycle
from shared.datasets import queries as datasets
from shared.datasets.quality import Sketch
from shared.datasets.scan import ProcessDied
from shared.datasets.states import DatasetState
from shared.datasets.tables import Dataset
from shared.db.database import server_time
from shared.errors import NotFound
from shared.runtime import Runtime
from shared.work.claim import Lease
from shared.work.outcomes import Again, Done, GaveUp, Outcome
from workers.checking import CHECKS
from workers.telling import tell_death, told

_log = log.get(__name__)
#: Ten examples are required of what is trained on, not of what is held out: only a job knows which a file is.
TOO_FEW = "too_few_examples"
_WAIT_SECONDS = 1.0


async def run(runtime: Runtime, lease: Lease) -> Outcome:
    """Check every line; the file becomes `processed`, or `error` with the first finding in words."""
    async with runtime.begin() as session:
        dataset = await session.get(Dataset, lease.subject_id)
        if dataset is None or dataset.state != DatasetState.UPLOADED:
            return Done()
        policy = await datasets.policy(session, dataset.project_id)
        training = await session.get(Dataset, dataset.validation_of) if dataset.validation_of else None
    if training is not None and training.state == DatasetState.MAKING:
        return Again(_WAIT_SECONDS, "the file it is held out from is being made")
    try:
        against = None if training is None else await _sketch(runtime, training)
        async with told(runtime, lease, dataset) as progress:
            report = await CHECKS.get().report(
                runtime.storage, dataset, model=None, policy=policy, against=against, on_progress=progress.note
            )
    except ProcessDied as died:
        await tell_death(runtime, lease, dataset, died)
        raise
    error = next((found for found in report.errors() if found.code != TOO_FEW), None)
    _log.info("dataset.checked", examples=report.examples, valid=report.valid)
    details = None if error is None else str(error)
    await _end(runtime, lease, report=report.as_dict(), plain_bytes=report.plain_bytes, status_details=details)
    return Done()


async def _sketch(runtime: Runtime, training: Dataset) -> Sketch | str:
    """Return what a check of a held-out file needs to know of its training file, or why nothing can be known."""
    gone = f"the training file {training.id} was deleted before this file was checked"
    if training.state == DatasetState.DELETED:
        return gone
    try:
        sketch = (await CHECKS.get().report(runtime.storage, training, model=None, tokens=False)).sketch
    except NotFound:
        # Never made, or deleted since: its bytes go first.
        return f"the training file {training.id} could not be made" if training.state == DatasetState.ERROR else gone
    return sketch or f"the training file {training.id} holds no example that can be read"


async def give_up(runtime: Runtime, lease: Lease, outcome: GaveUp) -> None:
    """End the file with the reason."""
    await _end(runtime, lease, status_details=f"The file could not be read: {outcome.reason}")


async def _end(runtime: Runtime, lease: Lease, *, status_details: str | None, **facts: object) -> None:
    to = DatasetState.PROCESSED if status_details is None else DatasetState.ERROR
    async with runtime.begin() as session:
        await lease.fence(session)
        at = await server_time(session)
        await lifecycle.advance(
            session, lease.subject_id, to, status_details=status_details, checked_at=at, progress=None, **facts
        )
