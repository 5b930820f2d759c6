"""One delivery, from its lease to what follows from the try"""

import time
from collections.abc import Mapping

from services.notifier.sender import Sender
from shared import clock, log
from shared.endpoints.attempt_lifecycle import Ended
from shared.endpoints.deliveries import Claimed
from shared.endpoints.policy import (
    Answer,
    Delivered,
    Disable,
    Dropped,
    GaveUp,
    Outcome,
    Pause,
    Paused,
    TryAgain,
    decide,
)
from shared.endpoints.states import EndpointStatus

_log = log.get(__name__)
_NAMES: dict[type[Outcome], str] = {
    Delivered: "delivery.succeeded",
    TryAgain: "delivery.put_off",
    GaveUp: "delivery.failed",
    Disable: "delivery.disabled_its_endpoint",
    Pause: "delivery.paused_its_endpoint",
    Dropped: "delivery.dropped",
    Paused: "delivery.held",
}


async def deliver(senders: Mapping[str, Sender], delivery: Claimed) -> Ended:
    """Send it unless its endpoint is gone, and return how that ended. Raises nothing but the cancellation."""
    if delivery.endpoint_status == EndpointStatus.PAUSED and not delivery.once:
        return _told(Ended(delivery, Paused("The endpoint is paused."), None))
    if not delivery.wanted:
        # Deleted or switched off after this was queued: dropping it is the promise we make in the docs.
        return _told(Ended(delivery, Dropped(f"The endpoint was {delivery.endpoint_status}."), None))
    answer = await _try(senders.get(delivery.channel), delivery)
    return _told(Ended(delivery, decide(answer, delivery.attempt, once=delivery.once), answer))


def interrupted(delivery: Claimed, seconds: float) -> Ended:
    """Return the end of a try that our own stopping cut off: another process takes it up at once."""
    answer = Answer(clock.now(), seconds, error="interrupted")
    return _told(Ended(delivery, TryAgain(0, "The notifier was stopped while it waited for the answer."), answer))


async def _try(sender: Sender | None, delivery: Claimed) -> Answer:
    at, started = clock.now(), time.monotonic()
    if sender is None:
        # Another notifier may have it: an extra that is installed there, a newer version during a rollout.
        return Answer(at, 0, error="channel_not_offered")
    try:
        return await sender.send(delivery)
    except Exception:  # noqa: BLE001 (see below)
        # A defect of ours in one delivery is logged and tried again like a fault of the receiver: the others go on.
        _log.exception("delivery.broke", delivery_id=delivery.id, endpoint_id=delivery.endpoint_id)
        return Answer(at, time.monotonic() - started, error="internal_error")


def _told(ended: Ended) -> Ended:
    delivery, answer = ended.delivery, ended.answer
    # What goes well is in the log of deliveries, and counted by the recorder: a line each would cost a third of a send.
    tell = _log.debug if isinstance(ended.outcome, Delivered) else _log.info
    tell(
        _NAMES[type(ended.outcome)],
        delivery_id=delivery.id,
        event_id=delivery.event_id,
        endpoint_id=delivery.endpoint_id,
        attempt=delivery.attempt,
        status=answer.status if answer else None,
        error=answer.error if answer else None,
        duration_ms=round(answer.seconds * 1000) if answer else None,
    )
    return ended
