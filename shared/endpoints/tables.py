"""The tables of webhook endpoints, the exact bytes they are sent, their deliveries, and every attempt."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlalchemy import text as words
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from shared.db.rows import SQLModel, created_at, datetime, instant, text, texts
from shared.endpoints.states import DeliveryState, EndpointStatus

_PENDING = words("state = 'pending'")


class WebhookEndpoint(SQLModel, table=True):
    """Where a project wants to be told, of what, and how that is signed. Deleted ones stay for their log."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (Index("ix_webhook_endpoints_project_id_id", "project_id", "id"),)

    id: str = text(primary_key=True)
    project_id: str = Field(sa_column=Column(Text, ForeignKey("projects.id"), nullable=False))
    name: str = text()
    description: str | None = text(nullable=True, default=None)
    url: str = text()
    event_types: list[str] = texts()
    status: str = text(default=EndpointStatus.ENABLED)
    status_reason: str | None = text(nullable=True, default=None)
    #: Encrypted; `secret_hint` is all that is ever shown again.
    secret: str = text()
    secret_hint: str = text()
    #: Signed with as well, until that instant: both receivers of a rotation are right for a day.
    previous_secret: str | None = text(nullable=True, default=None)
    previous_secret_until: datetime | None = instant()
    #: Called `metadata` in the API and in the table; SQLAlchemy keeps that name of a class for itself.
    labels: dict[str, str] = Field(
        default_factory=dict, sa_column=Column("metadata", JSONB, nullable=False, server_default=words("'{}'::jsonb"))
    )
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
    created_at: datetime = created_at()


class Delivery(SQLModel, table=True):
    """One event to one endpoint, once, however often it takes."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"),
        # A claim takes the first due rows of each endpoint, and jumps from endpoint to endpoint.
        Index("ix_deliveries_due", "endpoint_id", "run_at", postgresql_where=_PENDING),
        Index("ix_deliveries_endpoint_id_id", "endpoint_id", "id"),
    )

    id: str = text(primary_key=True)
    event_id: str = Field(sa_column=Column(Text, ForeignKey("event_payloads.event_id"), nullable=False))
    endpoint_id: str = Field(sa_column=Column(Text, ForeignKey("webhook_endpoints.id"), nullable=False))
    state: str = text(default=DeliveryState.PENDING)
    run_at: datetime = created_at()
    #: Tries begun. One that died before it was recorded has counted, and is missing in the log.
    attempt: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=words("0")))
    #: One try only: a test, or somebody who asked for it to be sent again.
    once: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=words("false")))
    lease_until: datetime | None = instant()
    lease_owner: str | None = text(nullable=True, default=None)
    epoch: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=words("0")))
    last_error: str | None = text(nullable=True, default=None)
    created_at: datetime = created_at()
    finished_at: datetime | None = instant()


class DeliveryAttempt(SQLModel, table=True):
    """One try: when, how long, and what the endpoint said to it."""

    __tablename__ = "delivery_attempts"

    delivery_id: str = Field(
        sa_column=Column(Text, ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False, nullable=False))
    started_at: datetime = created_at()
    duration_ms: int = Field(sa_column=Column(Integer, nullable=False))
    status_code: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    #: The class of the error when there was no answer: `timeout`, `connection_refused`, `address_refused`, …
    error: str | None = text(nullable=True, default=None)
    #: At most 2 KiB of the answer's body, as text.
    answer: str | None = text(nullable=True, default=None)
