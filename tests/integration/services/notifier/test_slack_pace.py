"""A burst to one Slack channel: nothing lost, one after the other, at Slack's pace"""

import asyncio
import json
import re
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from services.notifier.composer import Composer
from services.notifier.messages.links import Links
from services.notifier.messages.samples import sample
from services.notifier.slack.client import Client
from services.notifier.slack.pace import Pace
from services.notifier.slack.sender import SlackSender
from services.notifier.templates import Templates
from shared import clock
from shared.endpoints import deliveries
from shared.endpoints.deliveries import Claimed
from shared.endpoints.payloads import render
from shared.events.catalogue import EventType
from shared.events.record import record
from shared.security.egress import open_egress
from shared.security.targets import check_url
from tests.slack_server import SlackServer, slack_server

from .slack_stage import endpoint, notifying
from .stage import HERE, PROJECT, House, turn


async def test_what_comes_together_is_told_one_after_the_other_in_its_order(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A second is a hundredth here, for Slack and for us alike.
    monkeypatch.setattr(deliveries, "SLACK_SECONDS", 0.01)
    async with slack_server(pace=0.01, retry_after=0.05) as slack, notifying(house, slack) as notifier:
        await endpoint(house, {"url": slack.hook}, kind="webhook")
        jobs = [f"ftjob-{number:04}" for number in range(12)]
        async with house.database.begin() as session:
            for job in jobs:
                data = {**sample(EventType.JOB_QUEUED).data, "id": job}
                await record(session, EventType.JOB_QUEUED, project_id=PROJECT, subject_id=job, data=data)
        slack.say = ["", "", "rate_limited"]
        async with asyncio.timeout(30):
            while len(slack.messages) < len(jobs):
                await turn(notifier)
    assert _jobs(slack) == jobs
    assert slack.refused == ["rate_limited"]
    assert {row["state"] for row in await house.deliveries()} == {"delivered"}


async def test_a_burst_loses_nothing_keeps_the_pace_and_waits_as_long_as_slack_asks(house: House) -> None:
    async with slack_server(pace=0.01, retry_after=0.2) as slack, open_egress(HERE) as session:
        client = Client(session, f"{slack.url}api/", partial(check_url, reach=HERE))
        composer = Composer(house.database, Links(), Templates())
        sender = SlackSender(client, house.database, house.ring, composer, Pace(0.01))
        credentials = house.ring.encrypt(json.dumps({"url": slack.hook}))
        slack.say = [*[""] * 100, "rate_limited", *[""] * 100, "rate_limited"]
        jobs = [f"ftjob-{number:04}" for number in range(300)]
        ends = [await _tried(sender, _claimed(job, credentials)) for job in jobs]
    assert [kind for kinds in ends for kind in kinds if kind != "retry"] == ["delivered"] * 300
    # On a machine that stumbles, a message may come late and the next too soon after it; no more than that.
    assert sum(map(len, ends)) <= 306
    assert _jobs(slack) == jobs
    waits = [after.at - before.at for before, after in pairwise(slack.messages)]
    assert min(waits) >= 0.009
    assert [wait > 0.2 for wait in waits].count(True) >= 2


async def test_a_template_that_loops_without_end_stops_nobody_and_ours_is_sent(house: House, tmp_path: Path) -> None:
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    (tmp_path / "default.slack.j2").write_text(endless)
    async with slack_server(pace=0.01) as slack, open_egress(HERE) as session:
        client = Client(session, f"{slack.url}api/", partial(check_url, reach=HERE))
        sender = SlackSender(client, house.database, house.ring, Composer(house.database, Links(), Templates(tmp_path)))
        credentials = house.ring.encrypt(json.dumps({"url": slack.hook}))
        sending, looks = asyncio.create_task(_tried(sender, _claimed("ftjob-0001", credentials))), 0
        while not sending.done():
            await asyncio.sleep(0.01)
            looks += 1
        assert sending.result() == ["delivered"]
    assert _jobs(slack) == ["ftjob-0001"]
    assert looks >= 10, "others were not let in while it computed"


async def _tried(sender: SlackSender, delivery: Claimed) -> list[str]:
    """Return how each try ended; what is to be tried again is, as the notifier does."""
    kinds: list[str] = []
    while not kinds or kinds[-1] == "retry":
        answer = await sender.send(delivery)
        assert answer.verdict is not None
        kinds.append(answer.verdict.kind)
    return kinds


def _jobs(slack: SlackServer) -> list[str]:
    return [re.findall("ftjob-[0-9]{4}", json.dumps(message.payload))[0] for message in slack.messages]


def _claimed(job: str, credentials: str) -> Claimed:
    """Return a delivery of an event that has no background to be read."""
    data = {"id": job, "object": "a job", "user_provided_suffix": job}
    body = render(event_id="evt_1", event_type=EventType.JOB_QUEUED, created_at=clock.now(), sequence=1, data=data)
    fields: dict[str, Any] = dict.fromkeys(Claimed.__dataclass_fields__)
    given = {
        "channel": "slack",
        "body": body.full,
        "credentials": credentials,
        "target": {},
        "once": False,
        "attempt": 1,
    }
    return Claimed(**{**fields, **given})
