"""Take leases on deliveries that are due: a batch, one statement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import sql
from shared.endpoints.states import Channel, EndpointStatus

#: Of what must stay in order, only the earliest that has not ended may go: none before it is on its way, and none is
#: still to be fanned out, as may be while two notifiers share the events of one job, or came back to a pause that has
#: ended meanwhile. Sent again is out of turn anyway.
_IN_TURN = """(d.once OR NOT EXISTS (
                      SELECT 1 FROM events mine JOIN events e ON e.subject_id = mine.subject_id
                           AND e.sequence < mine.sequence
                      WHERE mine.id = d.event_id AND (
                          EXISTS (SELECT 1 FROM deliveries o WHERE o.event_id = e.id AND o.endpoint_id = d.endpoint_id
                                  AND (o.state = 'pending' OR o.state = 'held' AND o.hold = 'paused') AND NOT o.once)
                          OR EXISTS (SELECT 1 FROM work_items i WHERE i.kind = 'event.fanout' AND i.subject_id = e.id))
                  ))"""
#: Slack takes a message a second in a channel; a job's are changes of one message, so they stay in order too.
SLACK_SECONDS = 1.0
#: Of an endpoint whose deliveries stay in order, so many are looked at in one claim; most may have to wait.
MOST_LOOKED_AT = 500
#: From endpoint to endpoint by the index, and of each only as many as it has slots for: what waits for one endpoint
#: costs the others nothing, and what was never put off goes before what was. statement_timestamp() does not change
#: within the statement, so the index can be used. Nothing is locked until it is chosen; what another process chose at
#: the same instant is skipped.
_CLAIM = text(
    """
    WITH RECURSIVE waiting AS (
        (SELECT endpoint_id FROM deliveries WHERE state = 'pending' ORDER BY endpoint_id LIMIT 1)
        UNION ALL
        SELECT (SELECT d.endpoint_id FROM deliveries d WHERE d.state = 'pending' AND d.endpoint_id > w.endpoint_id
                ORDER BY d.endpoint_id LIMIT 1)
        FROM waiting w WHERE w.endpoint_id IS NOT NULL
    ), open AS (
        SELECT e.id, e.ordered OR e.channel = 'slack' AS ordered, coalesce(b.slots, :slots) AS slots,
               coalesce(b.retry_slots, :retry_slots) AS retry_slots,
               -- Who is told nothing more is at no pace: what waits is dropped.
               CASE WHEN e.status = 'disabled' OR e.deleted_at IS NOT NULL THEN 0 ELSE
                   coalesce(greatest(1 / nullif(e.rate_limit, 0), e.slow_seconds,
                                     CASE WHEN e.channel = 'slack' THEN CAST(:slack AS float8) END), 0) END AS every,
               CASE WHEN e.slow_seconds IS NULL THEN greatest(1 - 1 / nullif(e.rate_limit, 0), 0) ELSE 0 END AS burst
        FROM waiting w JOIN webhook_endpoints e ON e.id = w.endpoint_id
        LEFT JOIN unnest(CAST(:busy AS text[]), CAST(:busy_slots AS int[]), CAST(:busy_retry_slots AS int[]))
                  AS b (id, slots, retry_slots) ON b.id = e.id
        WHERE coalesce(b.slots, :slots) > 0 AND (coalesce(e.slowed_until <= statement_timestamp(), true)
              OR e.status = 'disabled' OR e.deleted_at IS NOT NULL)
    ), paced AS MATERIALIZED (
        -- Locked, so that all notifiers together keep an endpoint's pace. After a rest a second's worth may go.
        SELECT e.id, o.every,
               greatest(e.slowed_until, statement_timestamp() - make_interval(secs => o.burst)) AS free_at
        FROM webhook_endpoints e JOIN open o ON o.id = e.id
        WHERE o.every > 0 AND coalesce(e.slowed_until <= statement_timestamp(), true)
        FOR NO KEY UPDATE OF e SKIP LOCKED
    ), free AS (
        SELECT o.id, o.ordered, o.retry_slots, CASE WHEN p.id IS NULL THEN o.slots ELSE least(
                   o.slots, 1 + CAST(floor(extract(epoch FROM statement_timestamp() - p.free_at) / o.every) AS int)
               ) END AS slots,
               1 + 2 * CAST(:limit AS bigint) / count(*) OVER () AS share
        FROM open o LEFT JOIN paced p ON p.id = o.id WHERE o.every = 0 OR p.id IS NOT NULL
    ), due AS MATERIALIZED (
        SELECT d.* FROM free CROSS JOIN LATERAL (
            SELECT * FROM (
                SELECT d.id, d.endpoint_id, d.fresh, d.run_at FROM (
                    SELECT * FROM deliveries d
                    WHERE d.state = 'pending' AND d.endpoint_id = free.id AND d.fresh
                      AND d.run_at <= statement_timestamp()
                      AND (d.lease_until IS NULL OR d.lease_until < statement_timestamp())
                    ORDER BY d.run_at
                    LIMIT CASE WHEN free.ordered THEN :looked_at ELSE least(free.slots, free.share) END
                ) d WHERE NOT free.ordered OR {in_turn}
                ORDER BY d.run_at LIMIT least(free.slots, free.share)) AS first_tries
            UNION ALL
            SELECT * FROM (
                SELECT d.id, d.endpoint_id, d.fresh, d.run_at FROM (
                    SELECT * FROM deliveries d
                    WHERE d.state = 'pending' AND d.endpoint_id = free.id AND NOT d.fresh
                      AND d.run_at <= statement_timestamp()
                      AND (d.lease_until IS NULL OR d.lease_until < statement_timestamp())
                    ORDER BY d.run_at LIMIT CASE WHEN free.ordered THEN :looked_at
                                            ELSE least(free.slots, free.retry_slots, free.share) END
                ) d WHERE NOT free.ordered OR {in_turn}
                ORDER BY d.run_at LIMIT least(free.slots, free.retry_slots, free.share)) AS retries
            ORDER BY fresh DESC, run_at LIMIT free.slots
        ) d
    ), chosen AS MATERIALIZED (
        SELECT d.id FROM deliveries d JOIN (
            (SELECT id FROM due WHERE fresh ORDER BY run_at LIMIT :limit)
            UNION ALL (SELECT id FROM due WHERE NOT fresh ORDER BY run_at LIMIT :retry_limit)
        ) AS best ON best.id = d.id
        WHERE d.state = 'pending' AND (d.lease_until IS NULL OR d.lease_until < statement_timestamp())
        FOR NO KEY UPDATE OF d SKIP LOCKED
    ), claimed AS (
        UPDATE deliveries d SET lease_owner = :owner, lease_until = clock_timestamp() + make_interval(secs => :lease),
               epoch = d.epoch + 1, attempt = d.attempt + 1
        FROM chosen WHERE d.id = chosen.id
        RETURNING d.*
    ), spent AS (
        UPDATE webhook_endpoints e SET slowed_until = p.free_at + make_interval(secs => n.taken * p.every)
        FROM paced p JOIN (SELECT endpoint_id, count(*) AS taken FROM claimed GROUP BY endpoint_id) n
             ON n.endpoint_id = p.id
        WHERE e.id = p.id
    )
    SELECT d.id, d.event_id, p.event_type, d.endpoint_id, d.epoch, d.attempt, d.once, d.fresh,
           -- A webhook's body says so itself; one look-up each is too much for thousands a second.
           CASE WHEN w.channel <> 'webhook' THEN (SELECT e.subject_id FROM events e WHERE e.id = d.event_id) END
               AS subject_id,
           CASE WHEN d.thin THEN p.thin ELSE p.body END AS body,
           w.channel, w.url, w.target, w.credentials, w.headers, w.secret, w.ed25519_key,
           ARRAY(SELECT old->>'secret' FROM jsonb_array_elements(w.previous_secrets) old
                 WHERE CAST(old->>'until' AS float8) > extract(epoch FROM clock_timestamp())) AS previous_secrets,
           CASE WHEN w.deleted_at IS NOT NULL THEN 'deleted' ELSE w.status END AS endpoint_status,
           CAST(extract(epoch FROM clock_timestamp() - w.failing_since) AS float8) AS failing_seconds,
           w.warned_percent, w.slow_seconds IS NOT NULL AS slowed
    FROM claimed d JOIN event_payloads p ON p.event_id = d.event_id JOIN webhook_endpoints w ON w.id = d.endpoint_id
""".replace("{in_turn}", _IN_TURN)
)


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
    #: Whether it was never put off.
    fresh: bool = True
    #: How long nothing but failures came from the endpoint, what of that was told, and whether it is spared just now.
    failing_seconds: float | None = None
    warned_percent: int = 0
    slowed: bool = False

    @property
    def one_by_one(self) -> bool:
        """Whether only one is sent at a time: in a Slack channel people see which came first."""
        return self.channel == Channel.SLACK

    @property
    def wanted(self) -> bool:
        """Whether the endpoint is still there to be told."""
        return self.endpoint_status in (EndpointStatus.ENABLED, EndpointStatus.PAUSED)


@dataclass(frozen=True)
class Room:
    """How many may begin: first tries and retries apart, in all and to each endpoint; `busy` are those with less."""

    limit: int
    retry_limit: int
    each: int
    each_retries: int
    busy: Mapping[str, tuple[int, int]] = field(default_factory=dict)


async def claim_due(session: AsyncSession, *, owner: str, lease_seconds: float, room: Room) -> list[Claimed]:
    """Lease due deliveries for which there is room: of each endpoint as many as its slots and its pace let go."""
    rows = await sql(
        session,
        _CLAIM,
        owner=owner,
        lease=lease_seconds,
        limit=room.limit,
        retry_limit=room.retry_limit,
        slots=room.each,
        retry_slots=room.each_retries,
        slack=SLACK_SECONDS,
        looked_at=MOST_LOOKED_AT,
        busy=list(room.busy),
        busy_slots=[slots for slots, _ in room.busy.values()],
        busy_retry_slots=[retries for _, retries in room.busy.values()],
    )
    return [Claimed(**row._mapping) for row in rows]  # noqa: SLF001 (the documented way to a row's names)
