"""Bring stored secrets under the newest key of the ring, page by page, so that an old key can be dropped"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.errors import TuneyardError
from shared.security.secrets_at_rest import KeyRing
from shared.security.tables import IdempotencyKey


@dataclass
class Resealed:
    """What became of stored secrets. `unreadable` names those that open with no key of the ring; they are left."""

    written: int = 0
    unreadable: list[str] = field(default_factory=list)

    def seal(self, ring: KeyRing, stored: str, where: str) -> str:
        """Return the secret encrypted anew, or, when no key opens it, as it is."""
        try:
            sealed = ring.rotate(stored)
        except TuneyardError:
            self.unreadable.append(where)
            return stored
        self.written += 1
        return sealed


async def reseal_answers(
    session: AsyncSession, ring: KeyRing, done: Resealed, *, after: Sequence[str], limit: int
) -> tuple[str, str] | None:
    """Encrypt a page of the answers that are kept for repeated requests; return the last key, None at the end."""
    place = tuple_(IdempotencyKey.project_id, IdempotencyKey.key)
    query = select(IdempotencyKey).where(place > tuple_(*after)).order_by(place).limit(limit)
    answers = (await session.exec(query.with_for_update())).all()
    for answer in answers:
        answer.answer = done.seal(ring, answer.answer, f"the answer to {answer.key} of {answer.project_id}")
    return (answers[-1].project_id, answers[-1].key) if len(answers) == limit else None
