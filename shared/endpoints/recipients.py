"""Remember which addresses have a mail, and to which none can be sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import sql
from shared.endpoints.tables import MailReceipt, SuppressedAddress

_NOTE = text("""
    INSERT INTO mail_receipts (delivery_id, address, fate, answer) VALUES (:delivery_id, :address, :fate, :answer)
    ON CONFLICT (delivery_id, address) DO UPDATE SET fate = excluded.fate, answer = excluded.answer
""")
_SUPPRESS = text("""
    INSERT INTO suppressed_addresses (endpoint_id, address, reason) VALUES (:endpoint_id, :address, :reason)
    ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True)
class Standing:
    """What is known of a delivery's addresses."""

    #: The fate of each that was tried.
    fates: dict[str, str]
    #: Why nothing is sent to these.
    suppressed: dict[str, str]


async def standing(session: AsyncSession, delivery_id: str, endpoint_id: str) -> Standing:
    """Return what became of the delivery so far."""
    receipts = (await session.exec(select(MailReceipt).where(MailReceipt.delivery_id == delivery_id))).all()
    refused = await suppressed(session, endpoint_id)
    return Standing({each.address: each.fate for each in receipts}, {each.address: each.reason for each in refused})


async def note(session: AsyncSession, delivery_id: str, address: str, *, fate: str, answer: str) -> None:
    """Write down what became of the delivery at one address."""
    await sql(session, _NOTE, delivery_id=delivery_id, address=address, fate=fate, answer=answer)


async def suppress(session: AsyncSession, endpoint_id: str, address: str, reason: str) -> None:
    """Send nothing to the address any more."""
    await sql(session, _SUPPRESS, endpoint_id=endpoint_id, address=address, reason=reason)


async def suppressed(session: AsyncSession, endpoint_id: str) -> Sequence[SuppressedAddress]:
    """Return the endpoint's addresses to which nothing is sent."""
    query = select(SuppressedAddress).where(SuppressedAddress.endpoint_id == endpoint_id)
    return (await session.exec(query.order_by(col(SuppressedAddress.address)))).all()


async def lift(session: AsyncSession, endpoint_id: str) -> None:
    """Try every address of the endpoint again: somebody has looked at them."""
    await session.exec(delete(SuppressedAddress).where(col(SuppressedAddress.endpoint_id) == endpoint_id))
