"""What the tests of Slack stand on: a Slack on this machine, endpoints that lead there, a job that things happen to"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text

from services.notifier.app import Notifier, open_notifier
from services.notifier.channels import Options
from services.notifier.messages.samples import sample
from shared.db.database import sql
from shared.endpoints.tables import WebhookEndpoint
from shared.events.catalogue import PUBLIC, EventType
from shared.events.record import record
from shared.jobs.tables import JobEvent
from shared.settings import SmtpSettings
from shared.wire import ids
from tests.slack_server import SlackServer

from .stage import HERE, PROJECT, House, turn

_JOB = "ftjob-of-slack"


@asynccontextmanager
async def notifying(house: House, slack: SlackServer, smtp: SmtpSettings | None = None) -> AsyncIterator[Notifier]:
    options = Options(public_url="https://tune.example.com", slack_api_url=f"{slack.url}api/", smtp=smtp)
    async with open_notifier(house.database, house.ring, HERE, options) as notifier:
        recording = asyncio.create_task(notifier.recorder.run())
        try:
            yield notifier
        finally:
            recording.cancel()


async def endpoint(house: House, credentials: dict[str, str], **target: str) -> str:
    """Make a Slack endpoint that is told of everything."""
    made = WebhookEndpoint(
        id=ids.new("wh_"),
        project_id=PROJECT,
        name="slack",
        channel="slack",
        target=target,
        credentials=house.ring.encrypt(json.dumps(credentials)),
        event_types=sorted(PUBLIC),
    )
    async with house.database.begin() as session:
        session.add(made)
    return made.id


async def bot(house: House) -> str:
    return await endpoint(house, {"token": "xoxb-1234567890-test"}, kind="bot", channel="#training")


async def tell(house: House, notifier: Notifier, *kinds: EventType, **changed: Any) -> None:
    """Let each event happen to one job, and have it sent."""
    for kind in kinds:
        data = {**sample(kind).data, "id": _JOB, **changed}
        if kind == EventType.MODEL_READY:
            data |= {"id": "ft:x", "lineage": {**data["lineage"], "job_id": _JOB}}
        async with house.database.begin() as session:
            await record(session, kind, project_id=PROJECT, subject_id=str(data["id"]), data=data)
        await turn(notifier)


async def metrics(house: House, *losses: float) -> None:
    """Give the job a curve, without the job."""
    events: list[dict[str, object]] = [{"step": step, "train_loss": loss} for step, loss in enumerate(losses, start=1)]
    async with house.database.begin() as session:
        await sql(session, text("SET LOCAL session_replication_role = replica"))
        session.add_all(
            JobEvent(id=ids.new("ftevent-"), job_id=_JOB, level="info", message="step", type="metrics", data=data)
            for data in events
        )
