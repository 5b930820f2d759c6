"""Do a thing outside once: intent before the act, a look before a second try, a wait before the look is believed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from shared import log
from shared.db.database import Database, sql
from shared.errors import ProviderBusy, ProviderRefused, ProviderUnclear
from shared.work.claim import Lease

_log = log.get(__name__)
#: The call may begin only while this share of the lease is left, so that it cannot outlive it (queue-facts I8).
_SHARE_LEFT = 0.4
#: Between two looks while something may still land.
_LOOK_EVERY_SECONDS = 30.0
_LOOK_FIRST_SECONDS = 1.0
#: So often an effect is tried anew after it was proven absent. A server whose every answer to the call is unclear, and
#: whose list never shows what was made, would be sent it for ever; by then it has been asked for three settling times.
_MOST_ABSENT = 3

_LATEST = text("""
    SELECT i.id, i.outcome, i.provider_id, extract(epoch FROM clock_timestamp() - i.intended_at)::float AS age,
           (i.work_id <> :work_id AND EXISTS (
               SELECT 1 FROM work_items w
               WHERE w.id = i.work_id AND w.epoch = i.epoch AND w.lease_until > clock_timestamp())) AS held_by_another
    FROM intents i WHERE i.effect = :effect AND i.subject_id = :subject_id AND i.provider = :provider
    ORDER BY i.id DESC LIMIT 1
""")
#: Two tasks may both have read that there is no intent: the second writes none, however long it slept in between.
_INTEND = text("""
    INSERT INTO intents (effect, subject_id, provider, work_id, epoch, intended_at)
    SELECT :effect, :subject_id, :provider, :work_id, :epoch, clock_timestamp()
    WHERE NOT EXISTS (SELECT 1 FROM intents WHERE effect = :effect AND subject_id = :subject_id
                      AND provider = :provider AND outcome IN ('unclear', 'done'))
    ON CONFLICT DO NOTHING RETURNING id
""")
_RESOLVE = text("""
    UPDATE intents SET outcome = :outcome, provider_id = :provider_id, resolved_at = clock_timestamp()
    WHERE id = :id AND outcome = 'unclear'
""")
#: Of this task: a file that another job gave up may be tried again for a new one.
_ABSENT = text("""
    SELECT count(*) FROM intents
    WHERE effect = :effect AND subject_id = :subject_id AND provider = :provider AND work_id = :work_id
      AND outcome = 'absent'
""")
_DONE = text("""
    SELECT provider_id FROM intents
    WHERE effect = :effect AND subject_id = :subject_id AND provider = :provider AND outcome = 'done'
""")


@dataclass(frozen=True)
class Effect:
    """A side effect at a provider, and how to look for it."""

    name: str
    subject_id: str
    provider: str
    #: The longest time after which a request may still take effect, in seconds.
    settle_seconds: float
    #: Do it; return the provider's id.
    act: Callable[[], Awaitable[str]]
    #: Return the provider's ids of what an earlier try made, oldest first.
    look: Callable[[], Awaitable[list[str]]]
    #: Undo one that should not be.
    undo: Callable[[str], Awaitable[None]]

    def key(self) -> dict[str, Any]:
        """Return what names the effect in the table."""
        return {"effect": self.name, "subject_id": self.subject_id, "provider": self.provider}


@dataclass(frozen=True)
class NotYet:
    """Nobody can say yet whether it happened: look again after so many seconds."""

    after: float
    why: str


async def once(database: Database, lease: Lease, effect: Effect) -> str | NotYet:
    """Return the provider's id of the effect, made now or found; NotYet while that is unclear.

    Raises ProviderBusy and ProviderRefused when the provider said no, Fenced when the lease was lost; ProviderRefused
    with the code "provider_unclear" when one try after the other left neither a clear answer nor a trace.
    """
    happened = await find_out(database, lease, effect)
    return await _act(database, lease, effect) if happened is None else happened


async def find_out(database: Database, lease: Lease, effect: Effect) -> str | NotYet | None:
    """Return the provider's id if an earlier try made the effect, None if none did; never make it.

    NotYet while that is unclear. Raises ProviderBusy and ProviderRefused as the look does, Fenced for a lost lease.
    """
    async with database.begin() as session:
        latest = (await sql(session, _LATEST, work_id=lease.id, **effect.key())).one_or_none()
    if latest is not None and latest.outcome == "done":
        return str(latest.provider_id)
    if latest is None or latest.outcome != "unclear":
        return None
    if latest.held_by_another:
        return NotYet(_LOOK_FIRST_SECONDS, f"another task is at {effect.name} of {effect.subject_id}")
    return await _look(database, lease, effect, latest.id, latest.age)


async def known(database: Database, effect: str, subject_id: str, provider: str) -> str | None:
    """Return the provider's id of an effect that is known to have happened."""
    async with database.begin() as session:
        found = await sql(session, _DONE, effect=effect, subject_id=subject_id, provider=provider)
        provider_id = found.scalar_one_or_none()
    return None if provider_id is None else str(provider_id)


async def _look(database: Database, lease: Lease, effect: Effect, intent_id: int, age: float) -> str | NotYet | None:
    found = await effect.look()
    if found:
        # Before the intent is closed: nobody looks again after that.
        for twin in found[1:]:
            await _undo(effect, twin)
        await _resolve(database, lease, intent_id, "done", found[0])
        _log.info("effect.adopted", effect=effect.name, subject_id=effect.subject_id, provider_id=found[0])
        return found[0]
    # The age was read before the look: a look that began after the settling time is proof of absence.
    if age < effect.settle_seconds:
        wait = min(effect.settle_seconds - age, _LOOK_EVERY_SECONDS)
        return NotYet(max(wait, 0.05), f"{effect.name} of {effect.subject_id} may still take effect")
    await _resolve(database, lease, intent_id, "absent", None)
    return None


async def _undo(effect: Effect, twin: str) -> None:
    _log.error("effect.twin_found", effect=effect.name, subject_id=effect.subject_id, provider_id=twin)
    try:
        await effect.undo(twin)
    except ProviderRefused as exc:
        # It has ended already: no reason to end the job whose twin it is.
        _log.warning("effect.twin_not_undone", provider_id=twin, error=str(exc))


async def _act(database: Database, lease: Lease, effect: Effect) -> str | NotYet:
    async with database.begin() as session:
        await lease.fence(session)
        absent: int = (await sql(session, _ABSENT, work_id=lease.id, **effect.key())).scalar_one()
        if absent >= _MOST_ABSENT:
            raise _never_clear(effect, absent)
        written = await sql(session, _INTEND, work_id=lease.id, epoch=lease.epoch, **effect.key())
        intent_id: int | None = written.scalar_one_or_none()
    if intent_id is None:
        return NotYet(_LOOK_FIRST_SECONDS, f"another task has just begun {effect.name} of {effect.subject_id}")
    if lease.left() < lease.seconds * _SHARE_LEFT:
        await _resolve(database, lease, intent_id, "refused", None)
        return NotYet(0, "too little of the lease was left to call the provider")
    try:
        made = await effect.act()
    except (ProviderBusy, ProviderRefused):
        await _resolve(database, lease, intent_id, "refused", None)
        raise
    except ProviderUnclear as exc:
        _log.warning("effect.unclear", effect=effect.name, subject_id=effect.subject_id, error=str(exc))
        return NotYet(min(_LOOK_FIRST_SECONDS, effect.settle_seconds), str(exc))
    await _resolve(database, lease, intent_id, "done", made)
    return made


def _never_clear(effect: Effect, times: int) -> ProviderRefused:
    what = (
        f"{effect.provider} was asked {times} times for the {effect.name} of {effect.subject_id}. Each time its answer"
        f" was unclear, and {effect.settle_seconds:g} s later its list showed nothing. Look there for what has"
        f" {effect.subject_id} in its name or metadata, end what runs, and see why it cannot be found. Then create the"
        " job again."
    )
    # No one answer stands behind this: to callers a bad gateway is what it was.
    return ProviderRefused(what, provider_status=502, code="provider_unclear")


async def _resolve(database: Database, lease: Lease, intent_id: int, outcome: str, provider_id: str | None) -> None:
    async with database.begin() as session:
        await lease.fence(session)
        await sql(session, _RESOLVE, id=intent_id, outcome=outcome, provider_id=provider_id)
