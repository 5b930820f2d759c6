"""The tables of endpoints, the exact bytes they are sent, their deliveries, every attempt, and recoveries."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as words
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from shared.db.rows import SQLModel, created_at, datetime, document, instant, text, texts
from shared.endpoints.states import Channel, DeliveryState, EndpointStatus, Origin, RecoveryState

_PENDING = words("state = 'pending'")
#: The hot way, from pending to delivered, writes none of these indexes.
_STUCK = words("state IN ('held', 'failed', 'dropped', 'suppressed')")


def _one_of(column: str, words: type[Channel] | type[EndpointStatus] | type[DeliveryState]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(str(word)) for word in words)})", name=column)


def _flag() -> Any:
    return Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=words("false")))


def _integer(*, nullable: bool = False) -> Any:
    if nullable:
        return Field(default=None, sa_column=Column(Integer, nullable=True))
    return Field(default=0, sa_column=Column(Integer, nullable=False, server_default=words("0")))


def _json(empty: str, *, name: str | None = None) -> Any:
    """A JSONB column that is never null. Assign a new value to change it."""
    server_default = words(f"'{empty}'::jsonb")
    kind = {"[]": list, "{}": dict}[empty]
    return Field(default_factory=kind, sa_column=Column(name, JSONB, nullable=False, server_default=server_default))


class WebhookEndpoint(SQLModel, table=True):
    """Where a project wants to be told, of what, how and when. Deleted ones stay for their log, without secrets.

    What is encrypted is so under the ring of keys, and is listed in `sealed.py`, which brings it under a new key.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        _one_of("status", EndpointStatus),
        _one_of("channel", Channel),
        Index("ix_webhook_endpoints_project_id_id", "project_id", "id"),
    )

    id: str = text(primary_key=True)
    project_id: str = Field(sa_column=Column(Text, ForeignKey("projects.id"), nullable=False))
    name: str = text()
    description: str | None = text(nullable=True, default=None)
    channel: str = text(default=Channel.WEBHOOK, server_default=Channel.WEBHOOK)
    #: A webhook's; the other channels have a target.
    url: str | None = text(nullable=True, default=None)
    #: What is not secret. Slack: {"kind": "webhook"} or {"kind": "bot", "channel": "C…"}; email: {"to": […]}, perhaps
    #: "reply_to"; apprise: {"service": "discord"}.
    target: dict[str, Any] = _json("{}")
    #: Encrypted JSON. Slack: {"url": …} or {"token": "xoxb-…"}; apprise: {"url": …}. `credentials_hint` may be shown.
    credentials: str | None = text(nullable=True, default=None)
    credentials_hint: str | None = text(nullable=True, default=None)

    event_types: list[str] = texts()
    #: {"models": […], "jobs": […], "metadata": {…}}: what is absent asks for nothing.
    filter: dict[str, Any] = _json("{}")
    status: str = text(default=EndpointStatus.ENABLED)
    status_reason: str | None = text(nullable=True, default=None)
    muted_until: datetime | None = instant()
    #: {"from": "22:00", "to": "07:00", "time_zone": "Europe/Berlin", "failures_pass": true}
    quiet_hours: dict[str, Any] | None = document()
    digest_minutes: int | None = _integer(nullable=True)

    payload_style: str = text(default="full", server_default="full")
    ordered: bool = _flag()
    #: Messages a second; null asks for no limit.
    rate_limit: float | None = Field(default=None, sa_column=Column(Float, nullable=True))
    #: Encrypted JSON, name to value as the project gave it; `header_names` may be shown.
    headers: str | None = text(nullable=True, default=None)
    header_names: list[str] = texts()

    #: Encrypted; `secret_hint` is all that is ever shown again. Only a webhook is signed.
    secret: str | None = text(nullable=True, default=None)
    secret_hint: str | None = text(nullable=True, default=None)
    #: Encrypted `whsk_…`; the public half is shown.
    ed25519_key: str | None = text(nullable=True, default=None)
    ed25519_public: str | None = text(nullable=True, default=None)
    #: [{"secret": encrypted `whsec_…` or `whsk_…`, "until": Unix seconds}], newest first: they sign as well.
    previous_secrets: list[dict[str, Any]] = _json("[]")

    #: Since when nothing but failures came, what of it was told, and how long it is spared after 429, 502, 503 or 504.
    failing_since: datetime | None = instant()
    warned_percent: int = _integer()
    slowed_until: datetime | None = instant()
    slow_seconds: float | None = Field(default=None, sa_column=Column(Float, nullable=True))

    #: Called `metadata` in the API and in the table; SQLAlchemy keeps that name of a class for itself.
    labels: dict[str, str] = _json("{}", name="metadata")
    updated_at: datetime = created_at()
    created_at: datetime = created_at()
    deleted_at: datetime | None = instant()


class Payload(SQLModel, table=True):
    """The bytes that tell of one event, written once: every endpoint and every attempt gets the same.

    `event_id` is no foreign key, because a test is sent that never happened.
    """

    __tablename__ = "event_payloads"

    event_id: str = text(primary_key=True)
    event_type: str = text()
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    #: The same event with nothing of its subject but the id, for endpoints that would rather ask. Old rows have none.
    thin: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    created_at: datetime = created_at()


class Delivery(SQLModel, table=True):
    """One event to one endpoint, once, however often it takes."""

    __tablename__ = "deliveries"
    __table_args__ = (
        _one_of("state", DeliveryState),
        UniqueConstraint("event_id", "endpoint_id"),
        # A claim takes the first due rows of each endpoint, fresh ones first, and jumps from endpoint to endpoint.
        Index("ix_deliveries_due", "endpoint_id", "fresh", "run_at", postgresql_where=_PENDING),
        Index("ix_deliveries_held", "run_at", postgresql_where=words("state = 'held'")),
        Index("ix_deliveries_stuck", "endpoint_id", "state", "id", postgresql_where=_STUCK),
        Index("ix_deliveries_endpoint_id_id", "endpoint_id", "id"),
    )

    id: str = text(primary_key=True)
    event_id: str = Field(sa_column=Column(Text, ForeignKey("event_payloads.event_id"), nullable=False))
    endpoint_id: str = Field(sa_column=Column(Text, ForeignKey("webhook_endpoints.id"), nullable=False))
    state: str = text(default=DeliveryState.PENDING)
    origin: str = text(default=Origin.EVENT, server_default=Origin.EVENT)
    hold: str | None = text(nullable=True, default=None)
    #: Why it is held, suppressed or dropped, in words.
    reason: str | None = text(nullable=True, default=None)
    #: The delivery of the digest that tells of it.
    merged_into: str | None = text(nullable=True, default=None)
    #: Whether the thin bytes are sent: decided once, so that a change of the endpoint changes no message under way.
    thin: bool = _flag()
    run_at: datetime = created_at()
    #: Whether it was never put off: what was goes after what was not. Claiming changes nothing that an index knows.
    fresh: bool = Field(default=True, sa_column=Column(Boolean, nullable=False, server_default=words("true")))
    #: Tries begun. One that died before it was recorded has counted, and is missing in the log.
    attempt: int = _integer()
    #: One try only: a test, or somebody who asked for it to be sent again.
    once: bool = _flag()
    lease_until: datetime | None = instant()
    lease_owner: str | None = text(nullable=True, default=None)
    epoch: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=words("0")))
    last_error: str | None = text(nullable=True, default=None)
    created_at: datetime = created_at()
    finished_at: datetime | None = instant()
    #: When it arrived for the first time. A resend that fails does not undo that: its state stays `delivered`.
    delivered_at: datetime | None = instant()


class DeliveryAttempt(SQLModel, table=True):
    """One try: when, how long, and what the endpoint said to it."""

    __tablename__ = "delivery_attempts"

    delivery_id: str = Field(
        sa_column=Column(Text, ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False, nullable=False))
    started_at: datetime = created_at()
    duration_ms: int = Field(sa_column=Column(Integer, nullable=False))
    status_code: int | None = _integer(nullable=True)
    #: The class of the error when there was no answer: `timeout`, `connection_refused`, `address_refused`, …
    error: str | None = text(nullable=True, default=None)
    #: At most 2 KiB of the answer's body, as text.
    answer: str | None = text(nullable=True, default=None)
    #: What the answer called the request (`x-request-id`): by it the receiver's own log is searched.
    request_id: str | None = text(nullable=True, default=None)


class Recovery(SQLModel, table=True):
    """A request to send again all that an endpoint missed since a time, and how far that is."""

    __tablename__ = "delivery_recoveries"
    __table_args__ = (Index("ix_delivery_recoveries_endpoint_id_id", "endpoint_id", "id"),)

    id: str = text(primary_key=True)
    endpoint_id: str = Field(sa_column=Column(Text, ForeignKey("webhook_endpoints.id"), nullable=False))
    state: str = text(default=RecoveryState.RUNNING)
    since: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    until: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    include: list[str] = texts()
    #: How far each of `include` is: the last delivery or event that was looked at, or true when all were.
    progress: dict[str, Any] = _json("{}")
    recovered: int = _integer()
    created_at: datetime = created_at()
    finished_at: datetime | None = instant()


class ChannelThread(SQLModel, table=True):
    """The message of a subject (a job) in a channel that can update and thread: Slack's `ts` and channel."""

    __tablename__ = "channel_threads"

    endpoint_id: str = Field(
        sa_column=Column(Text, ForeignKey("webhook_endpoints.id"), primary_key=True, nullable=False)
    )
    subject_id: str = text(primary_key=True)
    reference: dict[str, Any] = document(nullable=False)
    created_at: datetime = created_at()


class MailReceipt(SQLModel, table=True):
    """What became of one delivery at one address: a second try is for those that are not settled."""

    __tablename__ = "mail_receipts"

    delivery_id: str = Field(
        sa_column=Column(Text, ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    address: str = text(primary_key=True)
    fate: str = text()
    #: The server's own words.
    answer: str = text()
    created_at: datetime = created_at()


class SuppressedAddress(SQLModel, table=True):
    """An address of an endpoint at which nobody is: nothing is sent there until the endpoint's target is changed."""

    __tablename__ = "suppressed_addresses"

    endpoint_id: str = Field(
        sa_column=Column(Text, ForeignKey("webhook_endpoints.id"), primary_key=True, nullable=False)
    )
    address: str = text(primary_key=True)
    reason: str = text()
    created_at: datetime = created_at()
