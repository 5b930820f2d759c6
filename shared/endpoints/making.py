"""Make deliveries: of what happened, as each endpoint wants it, and of samples that never happened"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.clock import unix
from shared.db.database import server_time, sql
from shared.endpoints.delivery_lifecycle import New, insert
from shared.endpoints.payloads import Bodies, render
from shared.endpoints.routing import SEND, Wishes, matches, plan
from shared.endpoints.samples import sample
from shared.endpoints.states import Hold, Origin
from shared.endpoints.tables import WebhookEndpoint
from shared.events.record import ring
from shared.wire import ids

#: Each event with each endpoint of its project that asked for its type.
_MATCHES = text("""
    SELECT e.id AS event_id, e.type AS event_type, e.subject_id, e.created_at, e.told, e.data, w.id AS endpoint_id,
           w.filter, w.status, w.muted_until, w.quiet_hours, w.digest_minutes, w.payload_style,
           clock_timestamp() AS at, digest.ends AS digest_ends
    FROM events e
    JOIN webhook_endpoints w ON w.project_id = e.project_id AND e.type = ANY(w.event_types)
    LEFT JOIN LATERAL (
        SELECT max(d.run_at) AS ends FROM deliveries d
        WHERE w.digest_minutes IS NOT NULL AND d.endpoint_id = w.id AND d.state = 'held' AND d.hold = 'digest'
          AND d.run_at > clock_timestamp()
    ) digest ON true
    WHERE e.id = ANY(:events) AND w.status <> 'disabled' AND w.deleted_at IS NULL
      AND (CAST(:endpoint AS text) IS NULL OR w.id = :endpoint)
    ORDER BY e.id, w.id
""")
_PAYLOADS = text("""
    INSERT INTO event_payloads (event_id, event_type, body, thin)
    SELECT * FROM unnest(CAST(:events AS text[]), CAST(:types AS text[]), CAST(:bodies AS bytea[]),
                         CAST(:thin AS bytea[]))
    ON CONFLICT DO NOTHING
""")


async def make_deliveries(
    session: AsyncSession, event_ids: Sequence[str], *, endpoint_id: str | None = None, origin: Origin = Origin.EVENT
) -> int:
    """Write one delivery for each event and each endpoint of its project that asked for it, as its wishes say.

    Returns how many are new. Done twice it is done once: an event goes to an endpoint by one delivery.
    """
    found = (await sql(session, _MATCHES, events=list(event_ids), endpoint=endpoint_id)).all()
    wanted = [match for match in found if matches(match.filter, match.event_type, match.data)]
    if not wanted:
        return 0
    await _write_payloads(session, {match.event_id: match for match in wanted}.values())
    return len(await insert(session, _planned(wanted, origin)))


async def make_test(session: AsyncSession, endpoint: WebhookEndpoint, event_type: str) -> str:
    """Write a delivery of an event that never happened, to be tried once, and return its id."""
    event_id, at = ids.new("evt_"), await server_time(session)
    data = sample(event_type, endpoint.project_id, unix(at))
    bodies = render(event_id=event_id, event_type=event_type, created_at=at, sequence=1, data=data, test=True)
    await write_payload(session, event_id, event_type, bodies)
    thin = endpoint.payload_style == "thin"
    (delivery_id,) = await insert(session, [New(event_id, endpoint.id, SEND, Origin.TEST, thin=thin, once=True)])
    await ring(session)
    return delivery_id


async def write_payload(session: AsyncSession, event_id: str, event_type: str, bodies: Bodies) -> None:
    """Store the bytes of one event, if they are not there."""
    await sql(session, _PAYLOADS, events=[event_id], types=[event_type], bodies=[bodies.full], thin=[bodies.thin])


async def _write_payloads(session: AsyncSession, events: Iterable[Any]) -> None:
    rendered = {event.event_id: (event.event_type, _render(event)) for event in events}
    await sql(
        session,
        _PAYLOADS,
        events=list(rendered),
        types=[event_type for event_type, _ in rendered.values()],
        bodies=[bodies.full for _, bodies in rendered.values()],
        thin=[bodies.thin for _, bodies in rendered.values()],
    )


def _planned(wanted: Sequence[Any], origin: Origin) -> list[New]:
    """Lay the events out one by one: the first that a digest collects says when it ends for those behind it."""
    digests: dict[str, datetime | None] = {}
    made = []
    for match in wanted:
        ends = digests.get(match.endpoint_id, match.digest_ends)
        wishes = Wishes(match.status, match.filter, match.muted_until, match.quiet_hours, match.digest_minutes)
        what = plan(wishes, match.event_type, at=match.at, digest_ends=ends)
        if what.hold is Hold.DIGEST:
            digests[match.endpoint_id] = what.run_at
        made.append(
            New(
                match.event_id,
                match.endpoint_id,
                what,
                origin=origin,
                thin=match.payload_style == "thin",
            )
        )
    return made


def _render(event: Any) -> Bodies:
    return render(
        event_id=event.event_id,
        event_type=event.event_type,
        created_at=event.created_at,
        sequence=event.told,
        data=event.data,
    )
