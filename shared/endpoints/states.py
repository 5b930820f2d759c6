"""Where an endpoint and a delivery stand."""

from enum import StrEnum


class EndpointStatus(StrEnum):
    """Whether an endpoint is told of events."""

    ENABLED = "enabled"  #: Events of its types become deliveries.
    DISABLED = "disabled"  #: Nothing is sent; `status_reason` says why. What was waiting is dropped.


class DeliveryState(StrEnum):
    """Where one event to one endpoint stands. Only from `pending` does an arrow lead on, to each of the others."""

    PENDING = "pending"  #: To be sent at `run_at`, for the first time or again.
    DELIVERED = "delivered"  #: The endpoint answered 2xx. Final.
    FAILED = "failed"  #: Every try was used up, or the endpoint said 410; `last_error` says how it ended. Final.
    DROPPED = "dropped"  #: The endpoint was deleted or disabled before it could be sent. Final.
