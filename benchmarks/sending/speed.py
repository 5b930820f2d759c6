"""How many a second: deliveries that wait, and events that are still to be fanned out, beside the bare client"""

from pathlib import Path

from standardwebhooks import Webhook

from benchmarks.sending.bare import bare_rate
from benchmarks.sending.figures import Figure, Size
from benchmarks.sending.house import House, notifier, until_arrived
from benchmarks.sending.receivers import Log, Receivers
from shared.security.verification import verify

#: Deliveries a second that the issue asks for; and the share of the bare client's rate, whatever else the machine does.
RATE, SHARE = 1_500, 0.3
MEMORY = 150
#: Of the first arrivals, this many are left out: the process was still opening its connections.
_WARM = 500


async def measure(house: House, receivers: Receivers, size: Size, log: Path) -> list[Figure]:
    bare, bare_cpu = await bare_rate(receivers, house, size.deliveries)
    figures = [Figure("bare client, no database", f"{bare:,.0f}/s, {bare_cpu * 1e6:.0f} µs of a core each")]
    for what, count in (("waiting deliveries", size.deliveries), ("events, fanned out and sent", size.events)):
        receivers.behave()
        await house.clear()
        await (house.fill if what.startswith("waiting") else house.happen)("s", count)
        await house.rows("ANALYZE")
        with notifier(house, log) as running:
            await until_arrived(_WARM, receivers)
            cpu = running.cpu()
            await until_arrived(count, receivers)
            cpu = (running.cpu() - cpu) / (count - _WARM)
            memory = running.memory()
        rate = _rate(receivers.log())
        told = f"{rate:,.0f}/s, {cpu * 1e6:.0f} µs of a core each, {rate / bare:.2f} of the bare client"
        figures.append(Figure(what, told, met=rate >= RATE, must=rate >= RATE or rate >= SHARE * bare))
        figures.append(Figure("  its memory at most", f"{memory:.0f} MiB", met=memory < MEMORY, must=memory < MEMORY))
        figures.append(await _recorded(house, receivers.log(), count))
    return figures


def _rate(log: Log) -> float:
    times = sorted(arrival.at for arrival in log.arrivals)[_WARM:]
    return (len(times) - 1) / (times[-1] - times[0])


async def _recorded(house: House, log: Log, count: int) -> Figure:
    """Say whether each arrived once, was recorded, and carries a signature that verifies."""
    (attempts,) = (await house.rows("SELECT count(*) FROM delivery_attempts WHERE status_code = 200"))[0]
    (delivered,) = (await house.rows("SELECT count(*) FROM deliveries WHERE state = 'delivered'"))[0]
    different = len({arrival.event_id for arrival in log.arrivals})
    by_host = {Receivers.host(number): secret for number, secret in enumerate(house.secrets)}
    for headers, body in log.samples:
        secret = by_host[headers["host"].partition(":")[0]]
        verify(body, headers, [secret])
        Webhook(secret).verify(body, headers)
    right = attempts == delivered == different == len(log.arrivals) == count
    told = f"{different:,} arrived once, {attempts:,} attempts recorded, {len(log.samples)} signatures verified"
    return Figure("  each once and recorded", told, met=right, must=right)
