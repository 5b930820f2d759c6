"""Remember which message of a channel is a subject's: by whichever notifier it was posted, all change the same one."""

import json
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import sql

_GET = text("SELECT reference FROM channel_threads WHERE endpoint_id = :endpoint_id AND subject_id = :subject_id")
_PUT = text("""
    INSERT INTO channel_threads (endpoint_id, subject_id, reference)
    VALUES (:endpoint_id, :subject_id, CAST(:reference AS jsonb))
    ON CONFLICT (endpoint_id, subject_id) DO UPDATE SET reference = channel_threads.reference || excluded.reference
""")


async def get(session: AsyncSession, endpoint_id: str, subject_id: str) -> dict[str, Any] | None:
    """Return what was remembered of the subject's message; None when it has none."""
    row = (await sql(session, _GET, endpoint_id=endpoint_id, subject_id=subject_id)).first()
    return None if row is None else dict(row.reference)


async def put(session: AsyncSession, endpoint_id: str, subject_id: str, **reference: Any) -> None:
    """Remember these fields of the reference; the others stay."""
    await sql(session, _PUT, endpoint_id=endpoint_id, subject_id=subject_id, reference=json.dumps(reference))
