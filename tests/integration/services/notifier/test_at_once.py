"""What happens to an endpoint while something is on its way to it."""

import asyncio

from aiohttp import web
from standardwebhooks import Webhook

from shared.endpoints import lifecycle, registry, rotation
from shared.endpoints.queries import get_endpoint

from .stage import PROJECT, House, Receiver, turn


class Gate:
    """A receiver's answer that waits until the test has done something meanwhile."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.open = asyncio.Event()

    async def answer(self, _request: web.Request) -> web.Response:
        self.begun.set()
        await self.open.wait()
        return web.Response(status=200)


async def test_a_secret_rotated_during_a_send_signs_the_next_and_the_send_ends(
    house: House, receiver: Receiver
) -> None:
    gate = Gate()
    receiver.answer = gate.answer
    endpoint_id, old = await house.endpoint(receiver.url)
    await house.happen()
    async with house.notifier() as notifier:
        await notifier.look()
        async with asyncio.timeout(10):
            await gate.begun.wait()
        async with house.database.begin() as session:
            endpoint = await get_endpoint(session, PROJECT, endpoint_id, lock=True)
            new = await rotation.rotate(session, house.ring, endpoint, keep_old=False)
        gate.open.set()
        await turn(notifier)
        await house.happen()
        await turn(notifier)
    first, second = receiver.hits
    Webhook(old).verify(first.body, first.headers)
    Webhook(new).verify(second.body, second.headers)
    assert {row["state"] for row in await house.deliveries()} == {"delivered"}


async def test_an_endpoint_deleted_during_a_send_lets_it_end_and_gets_no_other(
    house: House, receiver: Receiver
) -> None:
    gate = Gate()
    receiver.answer = gate.answer
    endpoint_id, _ = await house.endpoint(receiver.url)
    await house.happen()
    async with house.notifier() as notifier:
        await notifier.look()
        async with asyncio.timeout(10):
            await gate.begun.wait()
        await house.happen()
        async with house.database.begin() as session:
            await lifecycle.delete(session, await get_endpoint(session, PROJECT, endpoint_id, lock=True))
        gate.open.set()
        await turn(notifier)
    assert [row["state"] for row in await house.deliveries()] == ["delivered"]
    assert len(receiver.hits) == 1


async def test_a_pause_during_a_send_lets_it_end_and_holds_its_next_try(house: House, receiver: Receiver) -> None:
    gate = Gate()

    async def refuse(request: web.Request) -> web.Response:
        await gate.answer(request)
        return web.Response(status=500)

    receiver.answer = refuse
    endpoint_id, _ = await house.endpoint(receiver.url)
    await house.happen()
    async with house.notifier() as notifier:
        await notifier.look()
        async with asyncio.timeout(10):
            await gate.begun.wait()
        async with house.database.begin() as session:
            endpoint = await get_endpoint(session, PROJECT, endpoint_id, lock=True)
            await registry.update(session, house.ring, endpoint, {"status": "paused"})
        gate.open.set()
        await turn(notifier)
        await house.make_due()
        await turn(notifier)
    (delivery,) = await house.deliveries()
    assert (delivery["state"], delivery["hold"], delivery["attempt"]) == ("held", "paused", 1)
    assert len(await house.attempts()) == len(receiver.hits) == 1


async def test_two_notifiers_fan_one_event_out_once(house: House, receiver: Receiver) -> None:
    await house.endpoint(receiver.url)
    await house.endpoint(receiver.url)
    await house.happen()
    async with house.notifier() as one, house.notifier() as other:
        await asyncio.gather(turn(one), turn(other))
    assert len(await house.deliveries()) == len(receiver.hits) == 2
