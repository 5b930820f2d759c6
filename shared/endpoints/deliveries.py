"""Take leases on deliveries that are due: a batch, one statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import sql
from shared.endpoints.states import EndpointStatus

#: From endpoint to endpoint by the index, and of each only as many as it has slots for: what waits for one endpoint
#: costs the others nothing. statement_timestamp() does not change within the statement, so the index can be used.
_CLAIM = text("""
    WITH RECURSIVE waiting AS (
        (SELECT endpoint_id FROM deliveries WHERE state = 'pending' ORDER BY endpoint_id LIMIT 1)
        UNION ALL
        SELECT (SELECT d.endpoint_id FROM deliveries d WHERE d.state = 'pending' AND d.endpoint_id > w.endpoint_id
                ORDER BY d.endpoint_id LIMIT 1)
        FROM waiting w WHERE w.endpoint_id IS NOT NULL
    ), free AS (
        SELECT w.endpoint_id, coalesce(busy.slots, :slots) AS slots
        FROM waiting w LEFT JOIN unnest(CAST(:busy AS text[]), CAST(:busy_slots AS int[])) AS busy (endpoint_id, slots)
             ON busy.endpoint_id = w.endpoint_id
        WHERE w.endpoint_id IS NOT NULL AND coalesce(busy.slots, :slots) > 0
    ), chosen AS MATERIALIZED (
        SELECT due.id FROM free CROSS JOIN LATERAL (
            SELECT d.id, d.run_at FROM deliveries d
            WHERE d.state = 'pending' AND d.endpoint_id = free.endpoint_id AND d.run_at <= statement_timestamp()
              AND (d.lease_until IS NULL OR d.lease_until < statement_timestamp())
            ORDER BY d.run_at LIMIT free.slots FOR UPDATE SKIP LOCKED
        ) due ORDER BY due.run_at LIMIT :limit
    )
    UPDATE deliveries d SET lease_owner = :owner, lease_until = clock_timestamp() + make_interval(secs => :lease),
           epoch = d.epoch + 1, attempt = d.attempt + 1
    FROM chosen, event_payloads p, webhook_endpoints w
    WHERE d.id = chosen.id AND p.event_id = d.event_id AND w.id = d.endpoint_id
    RETURNING d.id, d.event_id, p.event_type, d.endpoint_id, d.epoch, d.attempt, d.once, d.order_key,
              (SELECT e.subject_id FROM events e WHERE e.id = d.event_id) AS subject_id,
              CASE WHEN d.thin THEN p.thin ELSE p.body END AS body,
              w.channel, w.url, w.target, w.credentials, w.headers, w.secret, w.ed25519_key,
              ARRAY(SELECT old->>'secret' FROM jsonb_array_elements(w.previous_secrets) old
                    WHERE CAST(old->>'until' AS float8) > extract(epoch FROM clock_timestamp())) AS previous_secrets,
              CASE WHEN w.deleted_at IS NOT NULL THEN 'deleted' ELSE w.status END AS endpoint_status
""")


@dataclass(frozen=True)
class Claimed:
    """A delivery that is ours until the lease ends, with all that sending it takes. Secrets are still encrypted."""

    id: str
    event_id: str
    event_type: str
    endpoint_id: str
    epoch: int
    attempt: int
    once: bool
    #: What must stay in order; None unless the endpoint is ordered.
    order_key: str | None
    #: What the event tells of; None for a test and a digest, which tell of no event.
    subject_id: str | None
    #: The exact bytes, thin or full.
    body: bytes
    channel: str
    url: str | None
    target: dict[str, Any]
    credentials: str | None
    headers: str | None
    secret: str | None
    ed25519_key: str | None
    #: Newest first, of either kind; each is still to be signed with.
    previous_secrets: list[str]
    endpoint_status: str

    @property
    def wanted(self) -> bool:
        """Whether the endpoint is still there to be told."""
        return self.endpoint_status in (EndpointStatus.ENABLED, EndpointStatus.PAUSED)


async def claim_due(
    session: AsyncSession,
    *,
    owner: str,
    limit: int,
    lease_seconds: float,
    slots: int,
    busy: Mapping[str, int],
) -> list[Claimed]:
    """Lease up to `limit` due deliveries: of each endpoint up to `slots`, or what `busy` says it has left."""
    rows = await sql(
        session,
        _CLAIM,
        owner=owner,
        limit=limit,
        lease=lease_seconds,
        slots=slots,
        busy=list(busy),
        busy_slots=list(busy.values()),
    )
    return [Claimed(**row._mapping) for row in rows]  # noqa: SLF001 (the documented way to a row's names)
