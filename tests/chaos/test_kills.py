"""A worker killed with SIGKILL in the middle of each step, Redis flushed: still one job at the provider."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import openai
import pytest
from aiohttp.test_utils import TestServer
from openai.types.fine_tuning import FineTuningJob
from redis.asyncio import Redis

from services.trainer.app import build_app
from services.trainer.config import TrainerConfig
from shared.settings import PipelineSettings, Settings
from tests.chaos.killing import all_holds, dies_at, nothing_left
from tests.conftest import House, chats, until

#: (step, point of death, what is left behind)
POINTS = [
    ("dataset.validate", "start", "leased, nothing read"),
    ("dataset.validate", "commit 2 before", "read, nothing written"),
    ("dataset.validate", "commit 2 after", "written, the row not struck out"),
    ("dataset.release", "start", "nobody woke the waiting job"),
    ("job.prepare", "commit 2 before", "checked, nothing written"),
    ("job.prepare", "commit 2 after", "ready, the row not struck out"),
    ("job.upload", "commit 3 after", "intent written, nothing sent"),
    ("job.upload", "upload after", "the file is there, its id unknown"),
    ("job.upload", "commit 4 after", "the id is known, the job has not moved on"),
    ("job.upload", "commit 5 after", "the job has moved on"),
    ("job.create", "commit 4 after", "intent written, nothing sent"),
    ("job.create", "create_job after", "the job is there, its id unknown"),
    ("job.create", "commit 5 after", "the id is known, the job has not moved on"),
    ("job.create", "commit 6 after", "the job has moved on"),
    ("job.poll", "job after", "read, nothing written"),
    ("job.poll", "commit 3 before", "events read, nothing written"),
    ("job.poll", "commit 3 after", "events written, the row not put off"),
    ("job.finish", "content after", "result file fetched, not stored"),
    ("job.finish", "commit 2 before", "all fetched and stored, nothing written"),
    ("job.finish", "commit 2 after", "succeeded, the row not struck out"),
    ("model.probe", "answers after", "it answered, nobody was told"),
]

#: Each job meets every so-many-th point, in the order of its way; the next one comes when it has met its last.
_JOBS = 4


@pytest.fixture
def settings(settings: Settings) -> Settings:
    pipeline = PipelineSettings(lease_seconds=2, sweep_seconds=0.2, retry_first_seconds=0.1, retry_most_seconds=0.5)
    return settings.model_copy(update={"pipeline": pipeline})


@pytest.fixture
async def trainer(tmp_path: Path) -> AsyncIterator[TestServer]:
    """Trains slowly enough that a cancel finds fifty epochs at work."""
    server = TestServer(build_app(TrainerConfig(data_dir=tmp_path / "trainer", step_delay=0.05)))
    async with server:
        yield server


@pytest.mark.timeout(240)
async def test_every_job_ends_once_though_a_worker_is_killed_in_every_step(
    house: House, settings: Settings, trainer: TestServer, tmp_path: Path
) -> None:
    redis = Redis.from_url(settings.redis_url)
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key, max_retries=0) as client, redis:
        jobs = []
        for lane in range(_JOBS):
            jobs.append((await _job(client, 10 + lane)).id)
            await dies_at(house, POINTS[lane::_JOBS], redis, tmp_path)
        await house.start_worker()
        await until(lambda: _all_ready(client, jobs), patience=120)
        await _once_each(client, trainer, jobs)
        await until(lambda: nothing_left(house))
        await all_holds(house)


#: (step, point of death, what is left behind), each met by the end of what the test asked for.
CANCEL = [
    ("job.cancel", "start", "asked for, the provider knows nothing"),
    ("job.cancel", "cancel after", "the provider obeyed, nothing written"),
    ("job.cancel", "commit 2 before", "the poll not put on the list"),
    ("job.cancel", "commit 2 after", "the row not struck out"),
]
ERASE_FILE = [
    ("dataset.erase", "start", "deleted, all bytes still there"),
    ("dataset.erase", "bytes gone", "our bytes are gone, the provider's copy is not"),
    ("dataset.erase", "delete_file after", "both are gone, the row not struck out"),
]
ERASE_MODEL = [
    ("model.erase", "delete_model after", "gone at the provider, the row not struck out"),
]


@pytest.mark.timeout(180)
async def test_a_cancel_and_every_deletion_are_done_though_workers_are_killed_at_them(
    house: House, settings: Settings, tmp_path: Path
) -> None:
    redis = Redis.from_url(settings.redis_url)
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key, max_retries=0) as client, redis:
        trained = await _job(client, 10)
        await dies_at(house, [("model.probe", "answers after", "trained")], redis, tmp_path)
        stopped = await _job(client, 11, n_epochs=50)
        await dies_at(house, [("job.create", "commit 6 after", "created there")], redis, tmp_path)
        await client.fine_tuning.jobs.cancel(stopped.id)
        await dies_at(house, CANCEL, redis, tmp_path)
        model = str((await client.fine_tuning.jobs.retrieve(trained.id)).fine_tuned_model)
        await client.files.delete(trained.training_file)
        await dies_at(house, ERASE_FILE, redis, tmp_path)
        await client.models.delete(model)
        await dies_at(house, ERASE_MODEL, redis, tmp_path)
        await house.start_worker()
        await until(lambda: nothing_left(house))
        assert (await client.fine_tuning.jobs.retrieve(stopped.id)).status == "cancelled"
        await _gone(settings, trained.training_file, model)
        await all_holds(house)


async def _job(client: openai.AsyncOpenAI, examples: int, n_epochs: int = 1) -> FineTuningJob:
    file = await client.files.create(file=(f"train{examples}.jsonl", chats(examples)), purpose="fine-tune")
    return await client.fine_tuning.jobs.create(
        training_file=file.id, model="gpt-4o-mini", hyperparameters={"n_epochs": n_epochs}
    )


async def _gone(settings: Settings, file_id: str, model: str) -> None:
    assert not await asyncio.to_thread(_holds, Path(settings.storage_url.removeprefix("file://")), chats(10))
    one = settings.providers["default"]
    async with openai.AsyncOpenAI(base_url=one.base_url, api_key="local", max_retries=0) as provider:
        files = [file.filename async for file in provider.files.list(purpose="fine-tune")]
        assert not [name for name in files if name.startswith(file_id)]
        with pytest.raises(openai.NotFoundError):
            await provider.models.retrieve(model)


def _holds(folder: Path, content: bytes) -> bool:
    return any(found.read_bytes() == content for found in folder.rglob("*") if found.is_file())


async def _all_ready(client: openai.AsyncOpenAI, jobs: list[str]) -> bool:
    found = [await client.fine_tuning.jobs.retrieve(job_id) for job_id in jobs]
    assert not [job.error for job in found if job.status in ("failed", "cancelled")]
    models = {str(model.id): model for model in (await client.models.list()).data}
    return all(
        job.status == "succeeded" and (models[str(job.fine_tuned_model)].model_extra or {})["readiness"] == "ready"
        for job in found
    )


async def _once_each(client: openai.AsyncOpenAI, trainer: TestServer, jobs: list[str]) -> None:
    async with openai.AsyncOpenAI(base_url=str(trainer.make_url("/v1")), api_key="local") as provider:
        theirs = [job async for job in provider.fine_tuning.jobs.list(limit=100)]
        ours = sorted((job.metadata or {})["tuneyard_job_id"] for job in theirs)
        assert ours == sorted(jobs)
        files = [file.filename async for file in await provider.files.list(purpose="fine-tune")]
        assert len(files) == len(set(files)) == len(jobs)
    for job_id in jobs:
        steps = [
            (event.data or {}).get("step")  # type: ignore[attr-defined]
            async for event in client.fine_tuning.jobs.list_events(job_id)
            if event.type == "metrics"
        ]
        assert len(steps) == len(set(steps)) > 0
