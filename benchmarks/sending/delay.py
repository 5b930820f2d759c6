"""How soon: from commit to first byte, in peace, with an endpoint that hangs, in a storm of retries; the claim"""

import asyncio
import json
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg

from benchmarks.sending.bare import bare_delays
from benchmarks.sending.figures import Figure, Size, milliseconds, percentile
from benchmarks.sending.house import DATA, PROJECT, House, notifier, until_arrived
from benchmarks.sending.receivers import Receivers
from services.notifier.drain import BATCH, RETRIES
from services.notifier.slots import EACH, EACH_RETRIES
from services.notifier.trust import START
from shared import clock
from shared.endpoints.attempt_lifecycle import Ended, settle
from shared.endpoints.deliveries import Room, claim_due
from shared.endpoints.policy import Answer, Delivered

RATE = 200
#: Aims: seconds of the 99th percentile, how much worse trouble elsewhere may make it, seconds of a claim.
SOON, WORSE, CLAIM = 0.050, 2.0, 0.020
_CLAIMS = 200
_DATA = json.dumps(DATA)
#: One statement, so that it is committed when it returns, and nothing but the database takes time.
_HAPPEN = """
    WITH event AS (INSERT INTO events (id, project_id, type, subject_id, sequence, data)
                   VALUES ($1, $2, 'fine_tuning.job.succeeded', $1, 1, $3::jsonb) RETURNING id),
    work AS (INSERT INTO work_items (kind, subject_id) SELECT 'event.fanout', id FROM event)
    SELECT pg_notify('tuneyard_events', '') FROM event
"""


async def measure(house: House, receivers: Receivers, size: Size, log: Path) -> list[Figure]:
    bare = await bare_delays(receivers, house, RATE, size.seconds)
    peace = await _delays(house, receivers, size.seconds, log)
    hanging = await _delays(house, receivers, size.seconds, log, hanging=True)
    storm = await _delays(house, receivers, size.seconds, log, storm=size.storm)
    usual = percentile(peace, 0.99)
    figures = [
        Figure(f"bare client at {RATE}/s, to first byte", milliseconds(bare)),
        Figure(f"commit to first byte at {RATE}/s", milliseconds(peace), met=usual < SOON),
    ]
    for what, delays in (
        ("  one of 100 hangs: the others", hanging),
        (f"  {size.storm:,} retries due: new ones", storm),
    ):
        times = percentile(delays, 0.99) / usual
        figures.append(Figure(what, f"{milliseconds(delays)}, {times:.1f} times that", met=times <= WORSE))
    return [*figures, await _claims(house, size)]


async def _delays(
    house: House, receivers: Receivers, seconds: float, log: Path, *, hanging: bool = False, storm: int = 0
) -> list[float]:
    """Let events happen at a steady rate; return the seconds from each commit to its first byte at the receiver."""
    receivers.behave(hanging={0} if hanging else ())
    await house.clear()
    await house.fill("w", 1)
    with notifier(house, log):
        await until_arrived(1, receivers)
        if storm:
            await house.fill("r", storm, fresh=False)
        committed = await _happen(house, RATE, seconds)
        await until_arrived(len(committed) * 98 // 100 + storm, receivers)
        await asyncio.sleep(0.5)
    stuck = Receivers.host(0) if hanging else None
    return [
        max(arrival.at - committed[arrival.event_id], 0)
        for arrival in receivers.log().arrivals
        if arrival.event_id in committed and arrival.host != stuck
    ]


async def _happen(house: House, rate: float, seconds: float) -> dict[str, float]:
    socket_folder = parse_qs(urlsplit(house.url).query)["host"][0]
    committed: dict[str, float] = {}

    async with asyncpg.create_pool(
        host=socket_folder, user="postgres", database="bench", min_size=4, max_size=4
    ) as pool:

        async def happen(number: int) -> None:
            event_id = f"evt_h{number:08}"
            project = f"{PROJECT}{number % len(house.endpoints)}"
            await pool.execute(_HAPPEN, event_id, project, _DATA)
            committed[event_id] = time.monotonic()

        start, tasks = time.monotonic(), []
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(start + number / rate - time.monotonic(), 0))
            tasks.append(asyncio.create_task(happen(number)))
        await asyncio.gather(*tasks)
    return committed


async def _claims(house: House, size: Size) -> Figure:
    """Claim a hundred again and again from among many that are old and many that are due."""
    await house.clear()
    await house.fill("o", size.old, state="delivered")
    await house.fill("d", size.due)
    await house.rows("ANALYZE")
    endpoints = [row[0] for row in await house.rows("SELECT id FROM webhook_endpoints")]
    # As in earnest: of each endpoint it is known what it is trusted with.
    room = Room(BATCH, RETRIES, START, 1, dict.fromkeys(endpoints, (EACH, EACH_RETRIES)))
    seconds = []
    for _ in range(_CLAIMS):
        begun = time.monotonic()
        async with house.database.begin(durable=False) as session:
            claimed = await claim_due(session, owner="bench", lease_seconds=60, room=room)
        seconds.append(time.monotonic() - begun)
        # As in earnest: what was claimed is soon out of the way of the next claim.
        async with house.database.begin() as session:
            answer = Answer(clock.now(), 0.01, status=200)
            await settle(session, [Ended(delivery, Delivered(), answer) for delivery in claimed])
    seconds = seconds[1:]  # The first has the statement read and planned, which a connection does once.
    what = f"claim 100 of {size.due:,}, {size.old:,} old"
    return Figure(what, milliseconds(seconds), met=percentile(seconds, 0.99) <= CLAIM)
