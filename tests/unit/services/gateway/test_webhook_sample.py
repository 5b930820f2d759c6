"""What a test of an endpoint says when it did not arrive."""

import pytest

from services.gateway.webhook_sample import _status
from shared.clock import now
from shared.endpoints.tables import Delivery, DeliveryAttempt
from shared.wire.errors import ApiError


def _delivery(state: str, *, attempt: int = 1, last_error: str | None = None) -> Delivery:
    return Delivery(
        id="dlv_1", event_id="evt_1", endpoint_id="wh_1", state=state, attempt=attempt, last_error=last_error
    )


def _attempt(status: int | None, error: str | None) -> DeliveryAttempt:
    return DeliveryAttempt(
        delivery_id="dlv_1", number=1, started_at=now(), duration_ms=1, status_code=status, error=error
    )


@pytest.mark.parametrize(
    ("delivery", "attempts", "says"),
    [
        (_delivery("pending", attempt=0), [], r"No notifier sent it within 35 s: is one running, and have earlier"),
        (_delivery("pending"), [], r"A notifier has been at it, and has no answer after 35 s\. dlv_1 will have it\."),
        (
            _delivery("failed", last_error="Taken for 1 of 2 addresses. Not taken yet by the mail server for b@x.com."),
            [_attempt(None, None)],
            r"^The test did not arrive at every address\. Taken for 1 of 2 addresses\.",
        ),
        (
            _delivery("failed", last_error="Not taken yet by the mail server for a@x.com."),
            [_attempt(None, "not_accepted")],
            r"^The test did not arrive\. Not taken yet",
        ),
        (_delivery("failed", last_error="No answer: timeout."), [_attempt(None, "timeout")], r"arrive\. No answer: ti"),
    ],
)
def test_it_says_why(delivery: Delivery, attempts: list[DeliveryAttempt], says: str) -> None:
    with pytest.raises(ApiError, match=says):
        _status((delivery, "file.processed", attempts))
