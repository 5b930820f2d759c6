"""Ask the gateway in plain HTTP, as one key or another; let something happen that it tells of."""

from typing import Any

import aiohttp
from sqlalchemy import text

from shared.db.database import sql
from shared.events.catalogue import EventType
from shared.events.record import record
from shared.security.keys import make, new_key
from shared.security.tables import Project
from shared.wire import ids
from tests.conftest import House

HOOK = "http://127.0.0.1:9/hook"


class Asking:
    """One key's way to the gateway; `ask` returns the status and the JSON that came back."""

    def __init__(self, house: House, key: str) -> None:
        self._url = house.url
        self._headers = {"authorization": f"Bearer {key}"}

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with (
            aiohttp.ClientSession(headers={**self._headers, **named}) as session,
            session.request(method, self._url + path, json=body) as answer,
        ):
            return answer.status, await answer.json()

    async def get(self, path: str) -> Any:
        status, answer = await self.ask("GET", path)
        assert status == 200, answer
        return answer

    async def post(self, path: str, body: Any = None) -> Any:
        status, answer = await self.ask("POST", path, body)
        assert status == 200, answer
        return answer

    async def endpoint(self, url: str | None = HOOK, **fields: Any) -> Any:
        """Make an endpoint and return it as it was shown."""
        asked = {"name": "mine", "url": url, "event_types": ["fine_tuning.job.succeeded"], **fields}
        return await self.post(
            "/webhook_endpoints", {name: value for name, value in asked.items() if value is not None}
        )


async def stranger(house: House) -> Asking:
    """Return the way of another project's admin."""
    key = new_key()
    async with house.runtime.begin() as session:
        session.add(Project(id="proj_other", name="other"))
        await session.flush()
        session.add(make("proj_other", "other", ["admin"], key))
    return Asking(house, key)


async def happen(house: House, kind: EventType = EventType.JOB_SUCCEEDED, **data: Any) -> str:
    async with house.runtime.begin() as session:
        project = (await sql(session, text("SELECT id FROM projects ORDER BY created_at LIMIT 1"))).scalar_one()
        subject = ids.new("ftjob-")
        event = await record(session, kind, project_id=project, subject_id=subject, data={"id": subject, **data})
    return event.id


async def make_due(house: House) -> None:
    async with house.runtime.begin() as session:
        await sql(session, text("UPDATE deliveries SET run_at = now() - interval '1 hour' WHERE state = 'pending'"))
        await sql(session, text("UPDATE webhook_endpoints SET slowed_until = now() - interval '1 hour'"))


async def fail_for_good(house: House) -> None:
    async with house.runtime.begin() as session:
        await sql(session, text("UPDATE deliveries SET state = 'failed' WHERE state = 'pending'"))
