"""The one writer of an endpoint's health: how long it has failed, at what pace it is asked, who is warned of it"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.clock import unix
from shared.db.database import sql
from shared.endpoints.deliveries import Claimed
from shared.endpoints.health import FIRST_PACE, PATIENCE, SLOWEST_PACE, SLOWING, judge
from shared.endpoints.lifecycle import locked, switch_off
from shared.endpoints.notices import tell_others
from shared.endpoints.policy import Answer, seconds_asked
from shared.endpoints.view import show
from shared.events.catalogue import EventType
from shared.events.record import record

#: A delivery that was tried, what came back, and whether it arrived.
Tried = tuple[Claimed, Answer, bool]

#: Locked in one order, so that two processes never wait for each other.
_NOTE = text("""
    WITH given AS (
        SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:arrived AS bool[]), CAST(:slowed AS bool[]),
                             CAST(:asked AS float8[])) AS g (id, arrived, slowed, asked)
    ), was AS MATERIALIZED (
        SELECT w.id, g.arrived, g.slowed, g.asked, CASE
                   WHEN g.slowed THEN least(greatest(w.slow_seconds * 2, :first), :slowest)
                   WHEN NOT g.arrived THEN w.slow_seconds
                   WHEN w.slow_seconds / 2 >= :first THEN w.slow_seconds / 2 END AS pace
        FROM webhook_endpoints w JOIN given g ON g.id = w.id ORDER BY w.id FOR NO KEY UPDATE OF w
    )
    UPDATE webhook_endpoints w SET slow_seconds = was.pace,
           failing_since = CASE WHEN NOT was.arrived THEN coalesce(w.failing_since, clock_timestamp()) END,
           warned_percent = CASE WHEN was.arrived THEN 0 ELSE w.warned_percent END,
           slowed_until = CASE WHEN was.slowed THEN greatest(w.slowed_until, clock_timestamp()
                                   + make_interval(secs => greatest(was.asked, was.pace)))
                          ELSE w.slowed_until END
    FROM was WHERE was.id = w.id
""")
#: From the last warning on it has a tenth of the time left, however long ago it last arrived.
_WARNED = text("""
    UPDATE webhook_endpoints SET warned_percent = :percent,
           failing_since = greatest(failing_since, clock_timestamp() - make_interval(secs => :seconds))
    WHERE id = :id AND warned_percent < :percent AND failing_since IS NOT NULL AND status = 'enabled' RETURNING 1
""")


@dataclass
class _Ends:
    """What the tries of one endpoint said, taken together."""

    arrived: bool = False
    slowed: bool = False
    asked: float = 0.0
    #: Whether that is other than what the endpoint's row says already.
    news: bool = False
    failed: tuple[Claimed, Answer] | None = None

    def add(self, delivery: Claimed, answer: Answer, *, arrived: bool) -> None:
        known_failing = delivery.failing_seconds is not None
        if arrived:
            self.arrived = True
            self.news |= known_failing or delivery.slowed
        else:
            self.failed = (delivery, answer)
            self.news |= not known_failing
        if answer.status in SLOWING:
            self.slowed = self.news = True
            self.asked = max(self.asked, seconds_asked(answer.retry_after, datetime.now(UTC)))


async def note(session: AsyncSession, tried: Iterable[Tried]) -> None:
    """Write what tries say of their endpoints. A good one that goes on being good costs nothing."""
    ends: dict[str, _Ends] = {}
    for delivery, answer, arrived in tried:
        ends.setdefault(delivery.endpoint_id, _Ends()).add(delivery, answer, arrived=arrived)
    if news := {endpoint_id: end for endpoint_id, end in ends.items() if end.news}:
        await sql(
            session,
            _NOTE,
            ids=list(news),
            arrived=[end.arrived for end in news.values()],
            slowed=[end.slowed for end in news.values()],
            asked=[end.asked for end in news.values()],
            first=FIRST_PACE,
            slowest=SLOWEST_PACE,
        )
    for end in ends.values():
        if end.failed is not None and not end.arrived:
            await _follow(session, *end.failed)


async def _follow(session: AsyncSession, delivery: Claimed, answer: Answer) -> None:
    if delivery.failing_seconds is None:
        return
    health = judge(delivery.failing_seconds, delivery.warned_percent)
    if health.switch_off:
        days = PATIENCE.days
        await switch_off(session, delivery.endpoint_id, f"Nothing but failures for {days} days. Last: {answer.told()}")
    elif health.warn is not None:
        await _warn(session, delivery.endpoint_id, health.warn, answer)


async def _warn(session: AsyncSession, endpoint_id: str, percent: int, answer: Answer) -> None:
    """Tell the project's other endpoints, unless another process has told them."""
    seconds = PATIENCE.total_seconds() * percent / 100
    if not (await sql(session, _WARNED, id=endpoint_id, percent=percent, seconds=seconds)).all():
        return
    endpoint = await locked(session, endpoint_id)
    if endpoint is None or endpoint.failing_since is None:
        return
    told = {"percent": percent, "last_error": answer.told(), "failing_since": unix(endpoint.failing_since)}
    event = await record(
        session,
        EventType.ENDPOINT_FAILING,
        project_id=endpoint.project_id,
        subject_id=endpoint.id,
        data={**show(endpoint), **told},
    )
    await tell_others(session, event)
