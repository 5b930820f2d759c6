"""Take a lease on a row, with an epoch; fence every write by it; settle what the step returned."""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import Database, sql
from shared.errors import Fenced
from shared.work.outcomes import Again, Done
from shared.work.wake import Due

_CLAIM = text("""
    UPDATE work_items SET lease_owner = :owner, lease_until = clock_timestamp() + make_interval(secs => :lease),
           epoch = epoch + 1, attempt = attempt + 1
    WHERE id = (SELECT id FROM work_items WHERE id = :id AND kind = ANY(:kinds) AND run_at <= statement_timestamp()
                AND (lease_until IS NULL OR lease_until < statement_timestamp()) FOR UPDATE SKIP LOCKED)
    RETURNING id, kind, subject_id, epoch, attempt, deaths, wanted, request_id
""")
_DUE = text("""
    SELECT id, epoch FROM work_items
    WHERE kind = ANY(:kinds) AND run_at <= statement_timestamp()
      AND (lease_until IS NULL OR lease_until < statement_timestamp())
    ORDER BY run_at LIMIT :limit
""")
_FENCE = text("""
    SELECT 1 FROM work_items WHERE id = :id AND epoch = :epoch AND lease_until > clock_timestamp() FOR UPDATE
""")
#: Not a row that was put off: a renewal that was on its way meanwhile would lease it to nobody.
_RENEW = text("""
    UPDATE work_items SET lease_until = clock_timestamp() + make_interval(secs => :lease)
    WHERE id = :id AND epoch = :epoch AND lease_until IS NOT NULL RETURNING 1
""")
_DONE = text("""
    DELETE FROM work_items WHERE id = :id AND epoch = :epoch AND lease_until IS NOT NULL AND wanted = :wanted
    RETURNING 1
""")
_STRIKE = text("""
    DELETE FROM work_items WHERE id = ANY(ARRAY(
        SELECT id FROM work_items WHERE kind = :kind AND run_at <= statement_timestamp()
        ORDER BY run_at LIMIT :limit FOR UPDATE SKIP LOCKED))
    RETURNING subject_id
""")
#: What was asked for again while it ran is due at once, whatever the step proposed.
_LATER = text("""
    UPDATE work_items SET lease_until = NULL, lease_owner = NULL, last_error = :error,
           attempt = least(attempt, :attempts), deaths = :deaths,
           run_at = clock_timestamp() + make_interval(secs => CASE WHEN wanted = :wanted THEN :after ELSE 0 END)
    WHERE id = :id AND epoch = :epoch AND lease_until IS NOT NULL RETURNING 1
""")


@dataclass
class Lease:
    """A row that is ours until the lease ends. `epoch` is what every write is fenced by."""

    id: int
    kind: str
    subject_id: str
    epoch: int
    attempt: int
    deaths: int
    wanted: int
    request_id: str | None
    seconds: float
    #: This process's monotonic clock when the claim was sent: the lease ends no earlier than this plus `seconds`.
    taken: float

    async def fence(self, session: AsyncSession) -> None:
        """Lock the row for this transaction; raise Fenced if the lease was lost, so that nothing is written."""
        if (await _one(session, _FENCE, id=self.id, epoch=self.epoch)) is None:
            raise Fenced(f"The lease of {self.kind} {self.subject_id} (epoch {self.epoch}) was lost.")

    async def renew(self, database: Database) -> None:
        """Take the lease for its full time again; raise Fenced if somebody else has it."""
        sent = time.monotonic()
        async with database.begin() as session:
            if (await _one(session, _RENEW, id=self.id, epoch=self.epoch, lease=self.seconds)) is None:
                raise Fenced(f"The lease of {self.kind} {self.subject_id} (epoch {self.epoch}) was lost.")
        self.taken = sent

    def left(self) -> float:
        """Return the seconds this process may still count on the lease."""
        return self.taken + self.seconds - time.monotonic()


async def claim(
    database: Database, item_id: int, kinds: list[str], *, owner: str, lease_seconds: float
) -> Lease | None:
    """Lease one row if it is due and free; None otherwise, and for a kind that is another's to do."""
    sent = time.monotonic()
    async with database.begin() as session:
        row = await _one(session, _CLAIM, id=item_id, kinds=kinds, owner=owner, lease=lease_seconds)
    return None if row is None else Lease(**row._mapping, seconds=lease_seconds, taken=sent)  # noqa: SLF001


async def due(database: Database, kinds: list[str], limit: int = 200) -> list[Due]:
    """Return rows of these kinds that could be claimed now, longest due first."""
    async with database.begin() as session:
        return [Due(id=row[0], epoch=row[1]) for row in await sql(session, _DUE, kinds=kinds, limit=limit)]


async def strike(session: AsyncSession, kind: str, limit: int) -> list[str]:
    """Strike out up to `limit` due rows of a kind and return their subjects, to be done in this very transaction.

    For work that is all in the database: it and its row's end commit together. So it needs no lease, and minds none.
    """
    return [row[0] for row in await sql(session, _STRIKE, kind=kind, limit=limit)]


async def settle(
    database: Database,
    lease: Lease,
    outcome: Done | Again,
    *,
    error: str | None = None,
    attempts: int = 0,
    deaths: int | None = None,
) -> None:
    """Strike the row out, or put it off; raise Fenced when it is no longer ours.

    Of the attempts so far, `attempts` at most are remembered: none when coming back is part of the step. Its deaths
    stay as they were unless `deaths` is given; one that was done, and was asked for again meanwhile, has none.
    """
    fields: dict[str, Any] = {"id": lease.id, "epoch": lease.epoch, "wanted": lease.wanted}
    async with database.begin() as session:
        if isinstance(outcome, Done) and (await _one(session, _DONE, **fields)) is not None:
            return
        after = outcome.after if isinstance(outcome, Again) else 0
        kept = 0 if isinstance(outcome, Done) else lease.deaths if deaths is None else deaths
        later = {**fields, "after": after, "error": error, "attempts": attempts, "deaths": kept}
        if (await _one(session, _LATER, **later)) is None:
            raise Fenced(f"The lease of {lease.kind} {lease.subject_id} (epoch {lease.epoch}) was lost.")


async def _one(session: AsyncSession, statement: TextClause, **params: Any) -> Any:
    return (await sql(session, statement, **params)).one_or_none()
