"""Read jobs, their events and checkpoints: always within one project."""

from typing import Any

from sqlalchemy import ColumnElement, or_, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import sql
from shared.errors import NotFound
from shared.jobs.states import FINAL
from shared.jobs.tables import Job, JobCheckpoint, JobEvent

_METRICS = text("""
    SELECT data FROM (
        SELECT data, row_number() OVER (ORDER BY created_at, id) AS number, count(*) OVER () AS total
        FROM job_events WHERE job_id = :job_id AND type = 'metrics' AND data IS NOT NULL
    ) numbered
    WHERE (number - 1) % greatest(ceil(total / CAST(:most AS float8))::bigint, 1) = 0 OR number = total
    ORDER BY number
""")


async def get(session: AsyncSession, project_id: str, job_id: str) -> Job:
    """Return the job; raise NotFound, with OpenAI's words and code, when this project has none of that id."""
    job = await session.get(Job, job_id)
    if job is None or job.project_id != project_id:
        raise NotFound(f"Could not find fine tune: {job_id}", param="fine_tune_id", code="fine_tune_not_found")
    return job


async def page(
    session: AsyncSession,
    project_id: str,
    *,
    limit: int,
    after: str | None = None,
    metadata: dict[str, str] | None = None,
    without_metadata: bool = False,
) -> list[Job]:
    """Return up to `limit` + 1 jobs, newest first; all pairs of `metadata` must match."""
    query = select(Job).where(Job.project_id == project_id)
    if after is not None:
        query = query.where(col(Job.id) < after)
    if metadata:
        query = query.where(col(Job.labels).contains(metadata))
    if without_metadata:
        query = query.where(col(Job.labels).is_(None))
    return list((await session.exec(query.order_by(col(Job.id).desc()).limit(limit + 1))).all())


async def events(session: AsyncSession, job_id: str, *, limit: int, after: str | None = None) -> list[JobEvent]:
    """Return up to `limit` + 1 lines of the job's event list, newest first."""
    query = select(JobEvent).where(JobEvent.job_id == job_id)
    if after is not None:
        query = query.where(col(JobEvent.id) < after)
    return list((await session.exec(query.order_by(col(JobEvent.id).desc()).limit(limit + 1))).all())


async def checkpoints(
    session: AsyncSession, job_id: str, *, limit: int, after: str | None = None
) -> list[JobCheckpoint]:
    """Return up to `limit` + 1 checkpoints, newest first."""
    query = select(JobCheckpoint).where(JobCheckpoint.job_id == job_id)
    if after is not None:
        query = query.where(col(JobCheckpoint.id) < after)
    return list((await session.exec(query.order_by(col(JobCheckpoint.id).desc()).limit(limit + 1))).all())


async def metrics(session: AsyncSession, job_id: str, *, most: int) -> list[dict[str, Any]]:
    """Return the data of about `most` of the job's metrics at equal distances, the first and the last among them."""
    return [row.data for row in await sql(session, _METRICS, job_id=job_id, most=most)]


async def alive_with_file(session: AsyncSession, file_id: str) -> list[Job]:
    """Return the jobs that are not final and use the file."""
    uses: Any = or_(col(Job.training_file) == file_id, col(Job.validation_file) == file_id)
    return list((await session.exec(select(Job).where(uses, _alive()))).all())


async def alive_from_model(session: AsyncSession, name: str) -> str | None:
    """Return the id of a job that is not final and goes on from the model, if there is one."""
    return (await session.exec(select(Job.id).where(Job.model == name, _alive()).limit(1))).first()


def _alive() -> ColumnElement[bool]:
    return col(Job.state).not_in([state.value for state in FINAL])
