"""Send again what an endpoint missed: batch after batch, each committed with the place that was reached"""

from shared import log
from shared.endpoints import recovery_lifecycle
from shared.runtime import Runtime
from shared.work.claim import Lease
from shared.work.outcomes import Again, Done, GaveUp, Outcome

_log = log.get(__name__)
#: Deliveries in one transaction: tens of milliseconds, so that nothing waits long for their rows.
BATCH = 500
#: Batches until the next in the queue has its turn.
_BATCHES = 40


async def run(runtime: Runtime, lease: Lease) -> Outcome:
    """Take the recovery further; ten thousand deliveries are one turn of seconds."""
    for _ in range(_BATCHES):
        async with runtime.begin() as session:
            await lease.fence(session)
            if await recovery_lifecycle.advance(session, lease.subject_id, BATCH):
                return Done()
    return Again(0, "more is to be sent again")


async def give_up(runtime: Runtime, lease: Lease, outcome: GaveUp) -> None:
    """End it; what is on its way already arrives."""
    _log.error("recovery.given_up", recovery_id=lease.subject_id, reason=outcome.reason)
    async with runtime.begin() as session:
        await lease.fence(session)
        await recovery_lifecycle.give_up(session, lease.subject_id)
