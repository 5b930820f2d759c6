"""Read files: always within one project, never a deleted one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import defer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.datasets.policy import DEFAULT, Policy
from shared.datasets.policy_file import read_policy
from shared.datasets.states import DatasetState
from shared.datasets.tables import Dataset, DatasetPolicy
from shared.db.database import sql
from shared.errors import NotFound

#: A report may have megabytes; what does not show it does not load it.
_WITHOUT_REPORT = defer(Dataset.report, raiseload=True)  # type: ignore[arg-type]

_GIST = text("""
    SELECT report->'examples' AS examples, report->'tokens'->'total' AS tokens,
           report->'findings_total' AS findings_total
    FROM datasets WHERE id = :id AND report IS NOT NULL
""")
_FINDINGS = text("""
    SELECT finding FROM datasets, jsonb_array_elements(report->'findings') finding
    WHERE id = :id AND finding->>'severity' = :severity LIMIT :most
""")


@dataclass(frozen=True)
class Gist:
    """What a few lines tell of a report that may have megabytes."""

    examples: int
    tokens: int
    totals: dict[str, int]  #: Findings by severity.
    findings: list[dict[str, Any]]  #: The first of the worst severity that there is.


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


async def gist(session: AsyncSession, file_id: str, *, most: int) -> Gist | None:
    """Return what stands out in the file's report, with at most `most` findings; None while it has none."""
    row = (await sql(session, _GIST, id=file_id)).first()
    if row is None:
        return None
    totals = {str(name): int(count) for name, count in (row.findings_total or {}).items()}
    worst = next((severity for severity in ("error", "warning") if totals.get(severity)), None)
    found = await sql(session, _FINDINGS, id=file_id, severity=worst, most=most) if worst else ()
    return Gist(row.examples or 0, row.tokens or 0, totals, [each.finding for each in found])


async def names(session: AsyncSession, file_ids: Sequence[str]) -> dict[str, str]:
    """Return the names under which files were handed in, by their ids; deleted ones too."""
    query = select(Dataset.id, Dataset.filename).where(col(Dataset.id).in_(file_ids))
    return dict((await session.exec(query)).all())


async def policy_row(session: AsyncSession, project_id: str) -> DatasetPolicy | None:
    """Return what the project chose of the checks; None when it chose nothing."""
    return await session.get(DatasetPolicy, project_id)


async def policy(session: AsyncSession, project_id: str) -> Policy:
    """Return the policy that the project's files are checked by."""
    row = await policy_row(session, project_id)
    return DEFAULT if row is None else read_policy(row.policy)
