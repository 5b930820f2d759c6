"""Turn events into deliveries: the work row's end and all that follows from it in one transaction."""

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.endpoints.making import make_deliveries
from shared.events.reactions import Step
from shared.work.claim import strike

#: Events in one transaction.
BATCH = 100


async def fan_out(session: AsyncSession) -> int:
    """Make the deliveries of up to BATCH events and return how many events that were. A crash leaves all or nothing."""
    events = await strike(session, Step.FANOUT, BATCH)
    if events:
        await make_deliveries(session, events)
    return len(events)
