"""What a request holds beside the body: own headers, our name, the signatures of every key that is to sign."""

from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook
from yarl import URL

from shared.endpoints import registry, rotation
from shared.endpoints.queries import get_endpoint
from shared.security.verification import NotVerified, verify

from .stage import PROJECT, House, Receiver, turn


async def _change(house: House, endpoint_id: str, **changes: Any) -> None:
    async with house.database.begin() as session:
        endpoint = await get_endpoint(session, PROJECT, endpoint_id, lock=True)
        await registry.update(session, house.ring, endpoint, changes)


async def test_own_headers_arrive_as_they_were_written(house: House, receiver: Receiver) -> None:
    raw: list[tuple[bytes, bytes]] = []

    async def note(request: web.Request) -> web.Response:
        raw.extend(request.raw_headers)
        return web.Response(status=200)

    receiver.answer = note
    endpoint_id, secret = await house.endpoint(receiver.url)
    await _change(house, endpoint_id, headers={"X-Tenant-KEY": "a b", "Authorization": "Bearer x"})
    await house.happen()
    async with house.notifier() as notifier:
        await turn(notifier)
    assert (b"X-Tenant-KEY", b"a b") in raw
    assert (b"Authorization", b"Bearer x") in raw
    Webhook(secret).verify(receiver.hits[0].body, receiver.hits[0].headers)


async def test_a_request_names_its_host_itself_and_us(house: House, receiver: Receiver) -> None:
    await house.endpoint(receiver.url)
    await house.happen()
    async with house.notifier() as notifier:
        await turn(notifier)
    headers = receiver.hits[0].headers
    assert headers["host"] == URL(receiver.url).authority
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("Tuneyard/")
    assert headers["content-length"] == str(len(receiver.hits[0].body))
    assert headers.keys() & {"cookie", "authorization", "x-request-id"} == set()


async def test_during_a_rotation_of_both_kinds_each_old_and_new_key_verifies(house: House, receiver: Receiver) -> None:
    endpoint_id, old_secret = await house.endpoint(receiver.url)
    await _change(house, endpoint_id, signature="ed25519")
    async with house.database.begin() as session:
        endpoint = await get_endpoint(session, PROJECT, endpoint_id, lock=True)
        old_public = endpoint.ed25519_public
        secret = await rotation.rotate(session, house.ring, endpoint, keep_old=True)
        public = await rotation.rotate(session, house.ring, endpoint, keep_old=True, key="ed25519")
    await house.happen()
    async with house.notifier() as notifier:
        await turn(notifier)
    (hit,) = receiver.hits
    for key in (old_secret, secret, old_public, public):
        assert key is not None
        verify(hit.body, hit.headers, [key])
    for key in (old_secret, secret):
        Webhook(key).verify(hit.body, hit.headers)
    assert [part.partition(",")[0] for part in hit.headers["webhook-signature"].split(" ")] == [
        "v1",
        "v1a",
        "v1a",
        "v1",
    ]


async def test_an_old_key_stops_signing_at_its_end_and_each_at_its_own(house: House, receiver: Receiver) -> None:
    endpoint_id, first = await house.endpoint(receiver.url)
    async with house.database.begin() as session:
        endpoint = await get_endpoint(session, PROJECT, endpoint_id, lock=True)
        second = await rotation.rotate(session, house.ring, endpoint, keep_old=True)
        await session.flush()
        third = await rotation.rotate(session, house.ring, endpoint, keep_old=True)
    # The first one's day is over; the second's is not.
    await house.rows("UPDATE webhook_endpoints SET previous_secrets = jsonb_set(previous_secrets, '{1,until}', '1')")
    await house.happen()
    async with house.notifier() as notifier:
        await turn(notifier)
    (hit,) = receiver.hits
    for key in (second, third):
        verify(hit.body, hit.headers, [key])
    with pytest.raises(NotVerified):
        verify(hit.body, hit.headers, [first])
