"""Endpoints with wishes, for the tests of what follows from them"""

from typing import Any

from services.notifier.app import Notifier
from shared.endpoints import registry
from shared.endpoints.queries import get_endpoint
from shared.events.catalogue import EventType

from .stage import PROJECT, House, Receiver

FAILED, DONE = EventType.JOB_FAILED, EventType.JOB_SUCCEEDED


async def asks(house: House, receiver: Receiver, **wishes: Any) -> str:
    """Make an endpoint with these wishes and return its id."""
    endpoint_id, _ = await house.endpoint(receiver.url, DONE, FAILED)
    await change(house, endpoint_id, **wishes)
    return endpoint_id


async def change(house: House, endpoint_id: str, **wishes: Any) -> None:
    """Let it wish for something else."""
    async with house.database.begin() as session:
        endpoint = await get_endpoint(session, PROJECT, endpoint_id, lock=True)
        # Written past the registry: a digest by webhook is refused there, and is what can be caught here.
        minutes = wishes.pop("digest_minutes", endpoint.digest_minutes)
        await registry.update(session, house.ring, endpoint, wishes)
        endpoint.digest_minutes = minutes


async def time_has_come(house: House, notifier: Notifier) -> int:
    """Let all that is held be due, and return how many messages come of it."""
    await house.rows("UPDATE deliveries SET run_at = now() - interval '1 second' WHERE state = 'held'")
    return await notifier.keeper.release()
