"""Each defence switched off by itself: then there are two, so that a test which finds one proves something."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from shared.db.database import Database, sql
from shared.errors import ProviderUnclear
from shared.provider.once import Effect, NotYet, once
from shared.work.claim import Lease
from tests.integration.shared.provider.shop import (
    LEASE_SECONDS,
    SETTLE_SECONDS,
    Shop,
    again,
    effect,
    leased,
    outcomes,
    pass_time,
)
from tests.servers import Servers


@pytest.fixture
def database_url(servers: Servers) -> Iterator[str]:
    """A database of its own: one of the defences is an index, and a test takes it away."""
    yield servers.database_url("defences")
    servers.drop_database("defences")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


class LateShop(Shop):
    """Its first act gives no answer and takes effect only when the test says so."""

    async def act(self) -> str:
        if self.calls == 0:
            self.calls += 1
            raise ProviderUnclear("no answer")
        return await super().act()

    def lands(self) -> None:
        self.made.insert(0, "late")


@pytest.mark.parametrize(("settle_seconds", "jobs"), [(0.0, 2), (SETTLE_SECONDS, 1)])
async def test_waiting_for_what_may_still_land(database: Database, settle_seconds: float, jobs: int) -> None:
    shop, lease = LateShop(), await leased(database)
    asked = effect(shop, settle_seconds=settle_seconds)
    await once(database, lease, asked)
    await once(database, lease, asked)
    shop.lands()
    await pass_time(database, settle_seconds)
    assert not isinstance(await once(database, await again(database, lease), asked), NotYet)
    assert len(shop.made) == jobs


@pytest.mark.parametrize(("looks", "jobs"), [(False, 2), (True, 1)])
async def test_looking_before_a_second_try(database: Database, looks: bool, jobs: int) -> None:  # noqa: FBT001
    async def blind() -> list[str]:
        return []

    shop, lease = Shop(["make, then break"]), await leased(database)
    asked = effect(shop) if looks else replace(effect(shop), look=blind)
    await once(database, lease, asked)
    await pass_time(database, SETTLE_SECONDS)
    await once(database, await again(database, lease), asked)
    assert len(shop.made) == jobs


class Unfenced(Lease):
    """Believes that it holds its row whatever has happened."""

    async def fence(self, session: Any) -> None:
        """Write on."""


@pytest.mark.parametrize(("kind", "jobs"), [(Unfenced, 2), (Lease, 1)])
async def test_the_fence_of_a_worker_that_was_thought_dead(database: Database, kind: type[Lease], jobs: int) -> None:
    shop, lease = Shop(), await leased(database)
    zombie = _as(kind, lease)
    heir = await again(database, lease)
    busy = replace(effect(shop), act=_never)
    with pytest.raises(ConnectionError):
        await once(database, heir, busy)  # dies at the call: its intent is open
    await _close_the_intent(database)
    for holder in (zombie, heir):
        await _ends(database, holder, effect(shop))
        await _forget(database)
    assert len(shop.made) == jobs


@pytest.mark.parametrize(("checked", "jobs"), [(False, 2), (True, 1)])
async def test_the_look_at_the_clock_right_before_the_call(
    database: Database,
    checked: bool,  # noqa: FBT001
    jobs: int,
) -> None:
    """A process frozen between its intent and its call: another may have looked, believed, and acted meanwhile."""
    shop, lease = Shop(), await leased(database)

    class Frozen(Lease):
        async def fence(self, session: Any) -> None:
            await super().fence(session)
            self.taken -= LEASE_SECONDS

        def left(self) -> float:
            return super().left() if checked else LEASE_SECONDS

    async def act() -> str:
        heir = await again(database, lease)
        await pass_time(database, SETTLE_SECONDS)
        await once(database, await again(database, heir), effect(shop))
        return await shop.act()

    await _ends(database, _as(Frozen, lease), replace(effect(shop), act=act))
    if checked:
        await once(database, lease, effect(shop))
    assert len(shop.made) == jobs


@pytest.mark.parametrize(("indexed", "open_intents"), [(False, 2), (True, 1)])
async def test_the_index_that_forbids_two_open_intents(
    database: Database,
    indexed: bool,  # noqa: FBT001
    open_intents: int,
) -> None:
    """Two that write their intents in the same instant: neither sees the other's, the index does."""
    if not indexed:
        async with database.begin() as session:
            await sql(session, text("DROP INDEX uq_intents_one_unclear"))
    shop = Shop(["break", "break"])
    first, second = await leased(database, "one"), await leased(database, "two")

    class Meanwhile(Lease):
        async def fence(self, session: Any) -> None:
            # A snapshot from before the other's intent, as two statements of one instant have.
            await sql(session, text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            await super().fence(session)
            await once(database, second, effect(shop))

    await _ends(database, _as(Meanwhile, first), effect(shop))
    assert (await outcomes(database)).count("unclear") == open_intents


def _as(kind: type[Lease], lease: Lease) -> Lease:
    return kind(**{name: getattr(lease, name) for name in Lease.__dataclass_fields__})


async def _never() -> str:
    raise ConnectionError("the process died here")


async def _ends(database: Database, lease: Lease, asked: Effect) -> None:
    """Let a holder try, however it ends: what counts is what stands at the provider."""
    try:
        await once(database, lease, asked)
    except Exception as exc:  # noqa: BLE001 (fenced, refused by the index or by the snapshot)
        assert exc.args  # noqa: PT017 (any of them will do)


async def _close_the_intent(database: Database) -> None:
    async with database.begin() as session:
        await sql(session, text("UPDATE intents SET outcome = 'absent'"))


async def _forget(database: Database) -> None:
    """Take away the note of what was done, so that only the fence is left to hold the next back."""
    async with database.begin() as session:
        await sql(session, text("UPDATE intents SET outcome = 'absent' WHERE outcome = 'done'"))
