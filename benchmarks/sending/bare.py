"""The limit: the notifier's own client, signatures and guard included, posting what it has in memory"""

import asyncio
import time
from collections.abc import Iterator

from benchmarks.sending.house import BODY, House
from benchmarks.sending.receivers import Receivers
from services.notifier.slots import TOTAL
from services.notifier.webhook import WebhookSender
from shared.endpoints.deliveries import Claimed
from shared.security.egress import open_egress
from shared.security.reach import Reach
from shared.security.secrets_at_rest import KeyRing

_HERE = Reach(loopback=True)


async def bare_rate(receivers: Receivers, house: House, count: int) -> tuple[float, float]:
    """Post `count` deliveries as fast as may be; return how many a second, and seconds of a core for each."""
    work = _work(receivers, house, count)
    async with open_egress(_HERE) as session:
        sender = WebhookSender(session, KeyRing([house.key]), _HERE)

        async def post() -> None:
            for delivery in work:
                answer = await sender.send(delivery)
                if answer.status != 200:
                    raise RuntimeError(f"The receiver answered {answer}")

        begun, cpu = time.monotonic(), time.process_time()
        await asyncio.gather(*(post() for _ in range(TOTAL)))
        return count / (time.monotonic() - begun), (time.process_time() - cpu) / count


async def bare_delays(receivers: Receivers, house: House, rate: float, seconds: float) -> list[float]:
    """Post at a steady rate; return the seconds from each call to its first byte at the receiver."""
    count = int(rate * seconds)
    begun: dict[str, float] = {}
    receivers.behave()
    async with open_egress(_HERE) as session:
        sender = WebhookSender(session, KeyRing([house.key]), _HERE)

        async def post(delivery: Claimed) -> None:
            begun[delivery.event_id] = time.monotonic()
            await sender.send(delivery)

        start, tasks = time.monotonic(), []
        for number, delivery in enumerate(_work(receivers, house, count)):
            await asyncio.sleep(max(start + number / rate - time.monotonic(), 0))
            tasks.append(asyncio.create_task(post(delivery)))
        await asyncio.gather(*tasks)
    return [arrival.at - begun[arrival.event_id] for arrival in receivers.log().arrivals]


def _work(receivers: Receivers, house: House, count: int) -> Iterator[Claimed]:
    ring = KeyRing([house.key])
    sealed = [ring.encrypt(secret) for secret in house.secrets]
    return (
        _claimed(number, receivers.url(number % len(sealed)), sealed[number % len(sealed)]) for number in range(count)
    )


def _claimed(number: int, url: str, secret: str) -> Claimed:
    return Claimed(
        id=f"dlv_{number}",
        event_id=f"evt_{number}",
        event_type="fine_tuning.job.succeeded",
        endpoint_id=url,
        epoch=1,
        attempt=1,
        once=False,
        subject_id=None,
        body=BODY,
        channel="webhook",
        url=url,
        target={},
        credentials=None,
        headers=None,
        secret=secret,
        ed25519_key=None,
        previous_secrets=[],
        endpoint_status="enabled",
    )
