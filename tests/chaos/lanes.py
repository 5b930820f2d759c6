"""Many jobs in one house, each with a provider of its own that misbehaves in its own way."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openai
from aiohttp.test_utils import TestServer, unused_port
from openai.types.fine_tuning import FineTuningJob
from pydantic import SecretStr
from sqlalchemy import text

from services.trainer.app import build_app
from services.trainer.config import TrainerConfig
from shared.db.database import sql
from shared.settings import PipelineSettings, ProviderSettings, Settings
from tests.conftest import House, chats, open_house, until
from workers.watch import broken

#: Above every `late` and `hang` of the lanes, and above the client's own patience.
SETTLE_SECONDS = 3.0
TIMEOUT_SECONDS = 1.5
QUICK = PipelineSettings(lease_seconds=4, sweep_seconds=0.2, retry_first_seconds=0.1, retry_most_seconds=0.5)


@dataclass
class Lane:
    """A provider with its faults, and the job that goes there."""

    faults: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    port: int = field(default_factory=unused_port)
    job_id: str = ""
    server: TestServer | None = None

    @property
    def name(self) -> str:
        return f"lane{self.port}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def start(self, folder: Path) -> None:
        config = TrainerConfig(data_dir=folder / self.name, faults=self.faults, **self.config)
        self.server = TestServer(build_app(config), host="127.0.0.1", port=self.port)
        await self.server.start_server()

    async def stop(self) -> None:
        if self.server is not None:
            await self.server.close()
            self.server = None

    def provider(self) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(base_url=self.url, api_key="local", max_retries=3)


@dataclass
class Town:
    """The house, its client and the lanes."""

    house: House
    client: openai.AsyncOpenAI
    lanes: list[Lane]

    async def submit(self, lane: Lane, **more: Any) -> None:
        """Hand in a file of its own and a job, before a worker runs, and send it to the lane's provider."""
        data = chats(10 + self.lanes.index(lane))
        file = more.pop("training_file", None) or await self.upload(data)
        asked = {"model": "gpt-4o-mini", "hyperparameters": {"n_epochs": 1}, **more}
        job = await self.client.fine_tuning.jobs.create(training_file=file, **asked)
        lane.job_id = job.id
        move = text("UPDATE jobs SET provider = :provider WHERE id = :id")
        async with self.house.runtime.database.begin() as session:
            await sql(session, move, provider=lane.name, id=job.id)

    async def upload(self, data: bytes) -> str:
        return (await self.client.files.create(file=("train.jsonl", data), purpose="fine-tune")).id

    async def job(self, lane: Lane) -> FineTuningJob:
        return await self.client.fine_tuning.jobs.retrieve(lane.job_id)

    async def reaches(self, lane: Lane, *stages: str) -> FineTuningJob:
        async def there() -> FineTuningJob | None:
            job = await self.job(lane)
            return job if (job.model_extra or {})["stage"] in stages else None

        return await until(there, patience=100)

    async def intends(self, lane: Lane, effect: str) -> None:
        """Wait until the effect is under way."""
        query = text("SELECT 1 FROM intents WHERE effect = :effect AND provider = :provider")

        async def there() -> bool:
            async with self.house.runtime.database.begin() as session:
                return (await sql(session, query, effect=effect, provider=lane.name)).first() is not None

        await until(there)

    async def ends(self, lane: Lane) -> FineTuningJob:
        return await self.reaches(lane, "succeeded", "failed", "cancelled")

    async def model_answers(self, lane: Lane) -> None:
        name = str((await self.job(lane)).fine_tuned_model)

        async def ready() -> bool:
            model = await self.client.models.retrieve(name)
            return bool((model.model_extra or {})["readiness"] == "ready")

        await until(ready)

    async def steps(self, lane: Lane) -> list[int]:
        """Return the steps that the job's event list tells of, as often as it does."""
        events = self.client.fine_tuning.jobs.list_events(lane.job_id, limit=100)
        return [int(event.data["step"]) async for event in events if event.type == "metrics"]  # type: ignore[index]

    async def jobs_there(self, lane: Lane) -> list[tuple[str, str]]:
        """Return (our id, status) of every job that the lane's provider has."""
        async with lane.provider() as provider:
            found = [job async for job in provider.fine_tuning.jobs.list(limit=100)]
        return [((job.metadata or {})["tuneyard_job_id"], job.status) for job in found]

    async def files_there(self, lane: Lane) -> int:
        async with lane.provider() as provider:
            return len([file async for file in await provider.files.list(purpose="fine-tune")])

    async def nothing_is_left(self) -> None:
        """Every promise is kept, no intent is open, and every invariant holds."""

        async def kept() -> bool:
            open_work = "SELECT kind FROM work_items WHERE kind NOT IN ('event.fanout', 'house.watch')"
            async with self.house.runtime.database.begin() as session:
                return (await sql(session, text(open_work))).all() == []

        await until(kept)
        async with self.house.runtime.database.begin() as session:
            unclear = text("SELECT effect, subject_id FROM intents WHERE outcome = 'unclear'")
            assert (await sql(session, unclear)).all() == []
        assert await broken(self.house.runtime.database) == {}


@asynccontextmanager
async def open_town(settings: Settings, lanes: Iterable[Lane], folder: Path) -> AsyncIterator[Town]:
    """Open everything but the worker: each job is sent on its way before anybody does anything."""
    async with AsyncExitStack() as stack:
        lanes = list(lanes)
        for lane in lanes:
            stack.push_async_callback(lane.stop)
            await lane.start(folder)
        providers = {lane.name: _settings(lane) for lane in lanes}
        everything = settings.model_copy(update={"pipeline": QUICK, "providers": providers, "database_pool": 20})
        house = await stack.enter_async_context(open_house(everything))
        client = openai.AsyncOpenAI(base_url=house.url, api_key=house.key, max_retries=0)
        async with client, house.stack:
            yield Town(house, client, lanes)


def _settings(lane: Lane) -> ProviderSettings:
    return ProviderSettings(
        base_url=lane.url,
        api_key=SecretStr("local"),
        timeout_seconds=TIMEOUT_SECONDS,
        settle_seconds=SETTLE_SECONDS,
        poll_seconds=0.2,
    )
