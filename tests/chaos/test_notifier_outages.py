"""The database restarted, and notifiers killed, while they send, recover, make digests and remove what is old"""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.sending.house import House, notifier
from benchmarks.sending.receivers import Receivers
from migrations.run import upgrade
from shared.db.database import Database
from shared.endpoints import recovery_lifecycle
from shared.endpoints.tables import WebhookEndpoint
from tests.servers import Servers, start_servers

#: Of each kind of work, so much that every outage falls into the middle of it.
DUE, FAILED, COLLECTED, OLD, TIMES = 1_500, 1_000, 900, 3_000, 3


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    served = Receivers()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def durable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers that keep what they have committed; those of the other tests are faster than that."""
    with start_servers(tmp_path_factory.mktemp("durable"), durable=True) as started:
        started.make_template(upgrade)
        yield started


@pytest.fixture
async def sending(durable: Servers, receivers: Receivers) -> AsyncIterator[House]:
    url = durable.database_url("tests")
    database = Database(url)
    house = House(database, url)
    await house.furnish(receivers, endpoints=10)
    yield house
    await database.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("dies", ["notifier", "postgres"])
async def test_what_is_cut_off_is_done_once_afterwards(
    sending: House, receivers: Receivers, durable: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    monkeypatch.setenv("TUNEYARD_DELIVERY_LOG_DAYS", "15")
    await _fill(sending, receivers)
    recovering = asyncio.create_task(_recover(sending))
    for number in range(TIMES):
        with notifier(sending, tmp_path / "log") as running:
            # A part of each kind of work is done; the outage finds the rest.
            await _until_arrived(receivers, DUE * (number + 1) // (TIMES + 2))
            if dies == "postgres":
                await _restart(durable)
            else:
                running.end(signal.SIGKILL)
        await sending.rows("UPDATE deliveries SET lease_until = clock_timestamp() WHERE state = 'pending'")
    with notifier(sending, tmp_path / "log"):
        await recovering
        await _until_done(sending)
    await _check(sending, receivers)


async def _restart(servers: Servers) -> None:
    """Kill the database; what it had not yet put on its disk is undone."""
    await asyncio.to_thread(servers.postgres.kill)
    try:
        # Its children find out by themselves that it is gone, and until then keep the data to themselves.
        await asyncio.sleep(0.5)
    finally:
        await asyncio.to_thread(servers.postgres.start)


async def _fill(house: House, receivers: Receivers) -> None:
    receivers.behave()
    await house.clear()
    await house.fill("k", DUE)
    await house.fill("f", FAILED, state="failed")
    # Ids tell when they were made: these in the last century.
    await house.fill("00", OLD, state="delivered")
    digest = house.endpoints[0]
    await house.rows("UPDATE webhook_endpoints SET digest_minutes = 1 WHERE id = :id", id=digest)
    # Due bit by bit, so that there are many digests.
    await house.fill("c", COLLECTED, state="suppressed")
    await house.rows(
        "UPDATE deliveries SET state = 'held', hold = 'digest', endpoint_id = :id, finished_at = NULL, "
        "run_at = clock_timestamp() + random() * interval '8 seconds' WHERE state = 'suppressed'",
        id=digest,
    )
    await house.rows("UPDATE event_payloads SET body = convert_to(json_build_object('id', event_id)::text, 'UTF8') "
                     "WHERE event_id LIKE 'evt_c%'")  # fmt: skip


async def _recover(house: House) -> None:
    """Recover what failed, batch by batch, as a worker does, and go on where an outage cut it off."""
    begun: list[str] = []
    async with house.database.begin() as session:
        for endpoint_id in house.endpoints:
            endpoint = await session.get_one(WebhookEndpoint, endpoint_id, with_for_update=True)
            since = datetime.now(UTC) - timedelta(hours=1)
            begun.append((await recovery_lifecycle.begin(session, endpoint, since=since, include=["failed"])).id)
    while begun:
        try:
            async with house.database.begin() as session:
                done = await recovery_lifecycle.advance(session, begun[0], 10)
            await asyncio.sleep(0.02)
        except (SQLAlchemyError, OSError, TimeoutError):
            await asyncio.sleep(0.1)
        else:
            begun = begun[1:] if done else begun


async def _until_arrived(receivers: Receivers, count: int) -> None:
    async with asyncio.timeout(60):
        while receivers.count() < count:
            await asyncio.sleep(0.02)


async def _until_done(house: House) -> None:
    async with asyncio.timeout(60):
        while await house.rows(
            "SELECT 1 FROM deliveries WHERE state IN ('pending', 'held') OR id LIKE 'dlv_00%' LIMIT 1"
        ):
            await asyncio.sleep(0.1)


async def _check(house: House, receivers: Receivers) -> None:
    arrivals = receivers.log().arrivals
    came = Counter(arrival.event_id for arrival in arrivals)
    assert len({(arrival.event_id, arrival.body_crc) for arrival in arrivals}) == len(came), "other bytes came"
    rows = await house.rows("SELECT substr(event_id, 5, 1), origin, state, count(*) FROM deliveries GROUP BY 1, 2, 3")
    told = {(kind, origin, state): count for kind, origin, state, count in rows if origin != "digest"}
    assert told == {
        ("k", "event", "delivered"): DUE,
        ("f", "recover", "delivered"): FAILED,
        ("c", "event", "merged"): COLLECTED,
    }
    assert sum(event_id.startswith(("evt_k", "evt_f")) for event_id in came) == DUE + FAILED
    recovered = await house.rows("SELECT state, sum(recovered) FROM delivery_recoveries GROUP BY state")
    assert [tuple(row) for row in recovered] == [("done", FAILED)]
    await _check_digests(house, came)


async def _check_digests(house: House, came: Counter[str]) -> None:
    digests = await house.rows(
        "SELECT d.id, d.event_id, d.state, p.body FROM deliveries d JOIN event_payloads p USING (event_id) "
        "WHERE d.origin = 'digest'"
    )
    assert {(row.state, came[row.event_id] > 0) for row in digests} == {("delivered", True)}
    merged = dict(tuple(row) for row in await house.rows(
        "SELECT event_id, merged_into FROM deliveries WHERE state = 'merged'"
    ))  # fmt: skip
    told = {row.id: json.loads(row.body)["data"] for row in digests}
    assert {into: data["count"] for into, data in told.items()} == Counter(merged.values()), "each is counted once"
    assert all(merged[event["id"]] == into for into, data in told.items() for event in data["events"])
    (left,) = await house.rows("SELECT count(*) FROM event_payloads WHERE event_id LIKE 'evt_00%'")
    assert left[0] == 0
