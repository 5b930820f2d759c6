"""Read files: always within one project, never a deleted one."""

from sqlalchemy.orm import defer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.datasets.states import DatasetState
from shared.datasets.tables import Dataset
from shared.errors import NotFound

#: A report may have megabytes; what does not show it does not load it.
_WITHOUT_REPORT = defer(Dataset.report, raiseload=True)  # type: ignore[arg-type]


async def get(
    session: AsyncSession, project_id: str, file_id: str, *, param: str | None = "id", with_report: bool = False
) -> Dataset:
    """Return the file; raise NotFound, with OpenAI's words, when this project has none of that id."""
    options = () if with_report else (_WITHOUT_REPORT,)
    dataset = await session.get(Dataset, file_id, options=options)
    if dataset is None or dataset.project_id != project_id or dataset.state == DatasetState.DELETED:
        raise NotFound(f"No such File object: {file_id}", param=param)
    return dataset


async def page(
    session: AsyncSession,
    project_id: str,
    *,
    limit: int,
    after: str | None = None,
    purpose: str | None = None,
    ascending: bool = False,
) -> list[Dataset]:
    """Return up to `limit` + 1 files (the last tells that there are more), newest first unless `ascending`."""
    query = (
        select(Dataset)
        .options(_WITHOUT_REPORT)
        .where(Dataset.project_id == project_id, Dataset.state != DatasetState.DELETED)
    )
    if purpose is not None:
        query = query.where(Dataset.purpose == purpose)
    if after is not None:
        query = query.where(col(Dataset.id) > after if ascending else col(Dataset.id) < after)
    order = col(Dataset.id).asc() if ascending else col(Dataset.id).desc()
    return list((await session.exec(query.order_by(order).limit(limit + 1))).all())
