"""What an endpoint is, where it stands, and where each of its deliveries stands."""

from enum import StrEnum


class Channel(StrEnum):
    """How an endpoint is told."""

    WEBHOOK = "webhook"  #: A signed POST to its URL.
    SLACK = "slack"  #: A message in a Slack channel.
    EMAIL = "email"  #: A mail to each of its addresses.
    APPRISE = "apprise"  #: Any service that the operator allows of those Apprise knows.


class EndpointStatus(StrEnum):
    """Whether an endpoint is told of events."""

    ENABLED = "enabled"  #: Events of its types become deliveries.
    PAUSED = "paused"  #: Events become deliveries that are held until it is enabled again.
    DISABLED = "disabled"  #: Nothing is sent; `status_reason` says why. What was waiting is dropped.


class DeliveryState(StrEnum):
    """Where one event to one endpoint stands. `hold` says why it is held, `reason` says so in words."""

    PENDING = "pending"  #: To be sent at `run_at`, for the first time or again.
    HELD = "held"  #: Waits for the end of a pause, of quiet hours or of a digest's collecting; then pending or merged.
    DELIVERED = "delivered"  #: The endpoint has it. Final, until somebody asks for it again.
    FAILED = "failed"  #: Every try was used up, or the endpoint said 410. Final, until resent or recovered.
    DROPPED = "dropped"  #: The endpoint was deleted or disabled before it could be sent. Final, until recovered.
    SUPPRESSED = "suppressed"  #: The endpoint was muted when it happened. Final, until resent or recovered.
    MERGED = "merged"  #: Told in the digest `merged_into`, which is a delivery of its own. Final.


class Hold(StrEnum):
    """Why a delivery is held."""

    PAUSED = "paused"  #: Until the endpoint is enabled.
    MUTED = "muted"  #: Recovered, or let go by a pause, during a mute: until `run_at`, when it ends.
    QUIET = "quiet_hours"  #: Until `run_at`, when they end.
    DIGEST = "digest"  #: Until `run_at`, when what was collected is sent as one.


class Origin(StrEnum):
    """Why a delivery is sent, this time."""

    EVENT = "event"  #: Something happened.
    TEST = "test"  #: Somebody asked for a sample. It never happened, and is tried once.
    RESEND = "resend"  #: Somebody asked for this one again. Tried once.
    RECOVER = "recover"  #: Somebody asked for all that was missed since a time. Tried once.
    DIGEST = "digest"  #: Several events, collected.
    NOTICE = "notice"  #: We tell of another endpoint of the project that fails.


class RecoveryState(StrEnum):
    """Where a recovery stands."""

    RUNNING = "running"  #: Batch after batch is put back on the way.
    DONE = "done"  #: All that was found is on the way again.
    CANCELLED = "cancelled"  #: The endpoint was deleted or disabled meanwhile.


def told_off(endpoint_id: str) -> str:
    """Return the sentence for who wants something sent to an endpoint that is switched off."""
    return f'{endpoint_id} is disabled. Enable it first: POST {{"status": "enabled"}} to it.'
