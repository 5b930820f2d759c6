"""Put work on the list, in the transaction of the change that makes it necessary."""

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession
from structlog.contextvars import get_contextvars

from shared.db.database import sql
from shared.work.wake import Due

_SCHEDULE = text("""
    INSERT INTO work_items (kind, subject_id, run_at, request_id)
    VALUES (:kind, :subject_id, clock_timestamp() + make_interval(secs => :after), :request_id)
    ON CONFLICT (kind, subject_id) DO UPDATE
    SET run_at = least(work_items.run_at, excluded.run_at), wanted = work_items.wanted + 1
    RETURNING id, epoch, run_at <= clock_timestamp()
""")
#: A row that somebody leased may be done by half.
_TAKE_BACK = text("""
    DELETE FROM work_items WHERE kind = :kind AND subject_id = :subject_id AND lease_until IS NULL RETURNING 1
""")
_WAKES = "tuneyard.wakes"


async def schedule(session: AsyncSession, kind: str, subject_id: str, *, after: float = 0, wake: bool = True) -> None:
    """Promise that `kind` will be done to `subject_id`. Asked twice is asked once; asked while it runs, it runs again.

    The wake-up that follows the commit is only a hint to the workers; work that is another's needs none.
    """
    request_id = get_contextvars().get("request_id")
    result = await sql(session, _SCHEDULE, kind=kind, subject_id=subject_id, after=float(after), request_id=request_id)
    row = result.one()
    if wake and row[2]:
        session.info.setdefault(_WAKES, []).append(Due(id=row[0], epoch=row[1]))


async def take_back(session: AsyncSession, kind: str, subject_id: str) -> bool:
    """Strike out what nobody has begun; return False when it is done, or somebody is at it."""
    return (await sql(session, _TAKE_BACK, kind=kind, subject_id=subject_id)).first() is not None


def take_wakes(session: AsyncSession) -> list[Due]:
    """Return what the session put on the list that is due now, for the wake-up after its commit."""
    wakes: list[Due] = session.info.pop(_WAKES, [])
    return wakes
