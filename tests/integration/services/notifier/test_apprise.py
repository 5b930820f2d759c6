"""Further services by Apprise: only those that are allowed, following nothing, reading nothing of this machine"""

import json
from typing import Any

import pytest
from aiohttp import web

from services.notifier import channels
from services.notifier.app import open_notifier
from services.notifier.apprise_sender import AppriseSender, NotAllowed, check
from services.notifier.composer import Composer
from services.notifier.messages.links import Links
from services.notifier.messages.samples import sample
from services.notifier.templates import Templates
from shared import clock
from shared.endpoints.deliveries import Claimed
from shared.endpoints.payloads import render
from shared.endpoints.policy import Answer
from shared.events.catalogue import EventType

from .stage import HERE, House, Receiver, receiving


def _claimed(house: House, url: str, name: str = "support") -> Claimed:
    data = {**sample(EventType.JOB_FAILED).data, "user_provided_suffix": name}
    body = render(event_id="evt_1", event_type=EventType.JOB_FAILED, created_at=clock.now(), sequence=1, data=data)
    credentials = house.ring.encrypt(json.dumps({"url": url}))
    fields: dict[str, Any] = dict.fromkeys(Claimed.__dataclass_fields__)
    return Claimed(
        **{**fields, "id": "dlv_1", "attempt": 1, "once": False, "body": body.full, "credentials": credentials}
    )


async def _sent(house: House, url: str, *services: str, name: str = "support") -> Answer:
    sender = AppriseSender(house.ring, Composer(house.database, Links(), Templates()), services)
    try:
        return await sender.send(_claimed(house, url, name))
    finally:
        await sender.close()


def _here(receiver: Receiver) -> str:
    return receiver.url.replace("http://", "json://")


async def test_a_service_that_is_allowed_gets_title_and_text_in_which_nobody_is_mentioned(house: House) -> None:
    async with receiving() as receiver:
        answer = await _sent(house, _here(receiver), "json", name="@everyone")
    assert answer.verdict is not None and answer.verdict.kind == "delivered"
    (hit,) = receiver.hits
    told = json.loads(hit.body)
    assert told["type"] == "failure" and "line 41" in told["message"]
    assert "@everyone" not in told["title"] + told["message"] and "@\u200beveryone" in told["title"]
    assert told.get("attachments") in (None, [])


async def test_a_service_that_fails_is_tried_again_and_no_redirect_is_followed(house: House) -> None:
    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"location": str(request.url.with_path("/secret"))})

    async with receiving(away) as receiver:
        answer = await _sent(house, _here(receiver), "json")
        assert len(receiver.hits) == 1
    assert answer.verdict is not None and answer.verdict.kind == "retry"


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("json://127.0.0.1/x", "json"),  # not among those that are allowed
        ("discord://1/2?template=/etc/passwd", "template"),
        ("discord://1/2?redirect=yes", "redirect"),
        ("discord://1/2?verify=no", "verify"),
        ("discord://1/2?attach=file:///etc/passwd", "attach"),
        ("discord://1/2?+Host=x", "+Host"),
        ("discord://1/2?silent=1;template=/etc/passwd", ";"),  # which the library parts parameters at as well
        ("discord://1/2#?template=/etc/passwd", "#"),  # behind which it reads parameters all the same
        ("discord://1/2?to=a#&verify=no", "#"),
    ],
)
async def test_what_is_not_allowed_pauses_the_endpoint_and_says_why(house: House, url: str, word: str) -> None:
    answer = await _sent(house, url, "discord")
    assert answer.verdict is not None and answer.verdict.kind == "pause"
    with pytest.raises(NotAllowed, match=word.replace("+", ".")):
        check(url, {"discord"})


def test_harmless_parameters_pass() -> None:
    check("pagerduty://key@token/source?region=eu&severity=critical", {"pagerduty"})


async def test_without_the_library_its_channel_is_not_offered_and_the_operator_told(
    house: House, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(channels, "find_spec", lambda _name: None)
    async with open_notifier(house.database, house.ring, HERE, channels.Options(apprise_services=("tgram",))) as made:
        assert "apprise" not in made.drain.senders
    assert "tuneyard[apprise]" in "".join(capfd.readouterr())
