"""What a caller deleted is gone here at once, and at the provider as soon as it lets go."""

from collections.abc import AsyncIterator
from pathlib import Path

import openai
import pytest
from aiohttp.test_utils import TestServer
from openai.types.fine_tuning import FineTuningJob
from sqlalchemy import text

from shared.db.database import sql
from shared.settings import PipelineSettings, ProviderSettings, Settings
from tests.conftest import House, chats, open_house, until
from tests.integration.workers.strange_provider import StrangeProvider

MODEL = "ft:gpt-4o-mini-2024-07-18:org::strange"


@pytest.fixture
def provider() -> StrangeProvider:
    return StrangeProvider(job={"status": "succeeded", "fine_tuned_model": MODEL})


@pytest.fixture
async def house(settings: Settings, provider: StrangeProvider) -> AsyncIterator[House]:
    async with TestServer(provider.app()) as server:
        one = ProviderSettings(base_url=str(server.make_url("/v1")), api_key="k", settle_seconds=0.5, poll_seconds=0.1)
        quick = PipelineSettings(
            lease_seconds=5, sweep_seconds=0.2, retry_first_seconds=0.02, retry_most_seconds=0.05, attempts=12
        )
        changed = settings.model_copy(update={"providers": {"p": one}, "pipeline": quick})
        async with open_house(changed) as opened, opened.stack:
            yield opened


@pytest.fixture
async def client(house: House) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key, max_retries=0) as opened:
        yield opened


async def _trained(client: openai.AsyncOpenAI) -> FineTuningJob:
    file = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
    job = await client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4o-mini")

    async def ended() -> FineTuningJob | None:
        found = await client.fine_tuning.jobs.retrieve(job.id)
        return found if found.status in ("succeeded", "failed", "cancelled") else None

    return await until(ended)


async def _erased(house: House) -> bool:
    async with house.runtime.database.begin() as session:
        left = text("SELECT 1 FROM work_items WHERE kind IN ('dataset.erase', 'model.erase')")
        return (await sql(session, left)).first() is None


def _bytes_here(settings: Settings) -> list[Path]:
    uploads = Path(settings.storage_url.removeprefix("file://"))
    return [found for found in uploads.rglob("*") if found.is_file() and chats() == found.read_bytes()]


async def test_a_file_s_bytes_are_gone_here_though_the_provider_never_lets_go(
    house: House, settings: Settings, client: openai.AsyncOpenAI, provider: StrangeProvider
) -> None:
    await house.start_worker()
    job = await _trained(client)
    assert len(_bytes_here(settings)) == 1
    provider.refusals = {"delete": [403] * 99}
    await client.files.delete(job.training_file)
    await until(lambda: _erased(house))
    assert _bytes_here(settings) == [] and provider.deleted == []


async def test_a_provider_that_refuses_for_a_while_deletes_in_the_end(
    house: House, client: openai.AsyncOpenAI, provider: StrangeProvider
) -> None:
    await house.start_worker()
    job = await _trained(client)
    provider.refusals = {"delete": [401] * 3}
    await client.files.delete(job.training_file)
    await until(lambda: _erased(house))
    assert provider.deleted == ["file-theirs"]
    provider.refusals = {"delete": [401] * 3}
    await client.models.delete(str(job.fine_tuned_model))
    await until(lambda: _erased(house))
    assert provider.deleted == ["file-theirs", MODEL]
