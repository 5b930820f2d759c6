"""What a provider says may be anything: the job ends, and what was paid for is kept."""

from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from aiohttp.test_utils import TestServer
from openai.types.fine_tuning import FineTuningJob

from shared.settings import PipelineSettings, ProviderSettings, Settings
from tests.conftest import House, chats, open_house, until
from tests.integration.workers.strange_provider import StrangeProvider

DONE: dict[str, Any] = {"status": "succeeded", "fine_tuned_model": "ft:gpt-4o-mini-2024-07-18:org::strange"}


@pytest.fixture
def provider() -> StrangeProvider:
    return StrangeProvider(job=dict(DONE))


@pytest.fixture
async def house(settings: Settings, provider: StrangeProvider) -> AsyncIterator[House]:
    async with TestServer(provider.app()) as server:
        one = ProviderSettings(
            base_url=str(server.make_url("/v1")), api_key="k", timeout_seconds=2, settle_seconds=0.5, poll_seconds=0.1
        )
        quick = PipelineSettings(
            lease_seconds=5, sweep_seconds=0.2, retry_first_seconds=0.02, retry_most_seconds=0.05, attempts=12
        )
        strange = settings.model_copy(update={"providers": {"p": one}, "pipeline": quick})
        async with open_house(strange) as opened, opened.stack:
            yield opened


async def _run(house: House) -> tuple[FineTuningJob, list[Any]]:
    """Run a job to its end; return it and its events, oldest first."""
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key, max_retries=0) as client:
        file = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
        job = await client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4o-mini")

        async def ended() -> FineTuningJob | None:
            found = await client.fine_tuning.jobs.retrieve(job.id)
            return found if found.status in ("succeeded", "failed", "cancelled") else None

        found = await until(ended)
        events = [event async for event in client.fine_tuning.jobs.list_events(job.id, limit=1000)]
        return found, events[::-1]


def _metric(step: int, loss: float) -> dict[str, Any]:
    data = {"step": step, "train_loss": loss}
    return {"id": f"e{step}", "created_at": 1, "level": "info", "type": "metrics", "message": f"{step}", "data": data}


async def test_a_job_that_ended_before_its_first_poll_brings_all_its_thousands_of_events(
    house: House, provider: StrangeProvider
) -> None:
    provider.events = [_metric(step, 0.5) for step in range(1, 5001)]
    await house.start_worker()
    job, events = await _run(house)
    assert job.status == "succeeded", job.error
    assert [event.data["step"] for event in events if event.type == "metrics"] == list(range(1, 5001))


async def test_what_no_database_can_hold_wedges_no_job(house: House, provider: StrangeProvider) -> None:
    provider.events = [
        _metric(1, float("nan")),
        {"id": "nul", "created_at": 10**20, "message": "a\x00b", "data": {"\x00": "\ud800", "x": float("inf")}},
    ]
    provider.checkpoints = [
        {"id": "c", "fine_tuned_model_checkpoint": "ft:x:ckpt", "step_number": 10**12, "metrics": {"l": float("nan")}}
    ]
    provider.job |= {"trained_tokens": 10**30, "estimated_finish": 10**30, "hyperparameters": {"n_epochs": None}}
    await house.start_worker()
    job, events = await _run(house)
    assert job.status == "succeeded", job.error
    assert "a\ufffdb" in [event.message for event in events]
    assert job.trained_tokens is None


async def test_a_reason_with_everything_in_it_is_a_reason(house: House, provider: StrangeProvider) -> None:
    provider.job = {"status": "failed", "error": {"code": 7, "message": "\x00\ud800" + "x" * 10**6}}
    await house.start_worker()
    job, _ = await _run(house)
    assert job.status == "failed" and job.error is not None
    assert (job.error.code, len(job.error.message)) == ("7", 4000)


async def test_an_event_that_comes_late_with_an_earlier_place_is_still_told_once(
    house: House, provider: StrangeProvider
) -> None:
    provider.job = {"status": "running"}
    provider.events = [_metric(1, 0.5), _metric(3, 0.3)]
    await house.start_worker()
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key, max_retries=0) as client:
        file = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
        job = await client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4o-mini")

        async def steps() -> list[int]:
            events = client.fine_tuning.jobs.list_events(job.id)
            return sorted([int(event.data["step"]) async for event in events if event.type == "metrics"])  # type: ignore[index]

        async def told() -> bool:
            return await steps() == [1, 3]

        await until(told)
        provider.events.insert(1, _metric(2, 0.4))
        provider.job = dict(DONE)

        async def all_told() -> bool:
            return await steps() == [1, 2, 3]

        await until(all_told)


@pytest.mark.parametrize(
    ("refusals", "status", "code", "remark"),
    [
        ({"job": [404] * 3}, "succeeded", None, "created, and not yet known to every server"),
        ({"job": [404] * 99}, "failed", "provider_lost_job", "it is gone"),
        ({"job": [401] * 5, "events": [403] * 2}, "succeeded", None, "a key that was being changed"),
        ({"content": [404]}, "succeeded", None, "a table that is gone takes no model with it"),
        ({"events": [404] * 99, "checkpoints": [405] * 99}, "succeeded", None, "a server without these lists"),
        ({"file": [400]}, "failed", "provider_refused", "it does not like the file"),
    ],
)
async def test_a_refusal_ends_a_job_only_where_nothing_is_paid_yet(
    house: House, provider: StrangeProvider, refusals: dict[str, list[int]], status: str, code: str | None, remark: str
) -> None:
    provider.refusals = refusals
    provider.job["result_files"] = ["file-result"]
    await house.start_worker()
    job, events = await _run(house)
    assert (job.status, job.error and job.error.code) == (status, code), remark
    if "content" in refusals:
        assert job.result_files == [] and any("did not give the result file" in event.message for event in events)


@pytest.mark.parametrize(
    ("nameless", "status", "code"), [(4, "succeeded", None), (99, "failed", "provider_failed")], ids=["lags", "never"]
)
async def test_an_answer_that_does_not_name_the_model_yet_throws_no_model_away(
    house: House, provider: StrangeProvider, nameless: int, status: str, code: str | None
) -> None:
    provider.nameless = nameless
    await house.start_worker()
    job, _ = await _run(house)
    assert (job.status, job.error and job.error.code) == (status, code)
    assert job.fine_tuned_model == (DONE["fine_tuned_model"] if status == "succeeded" else None)


async def test_a_model_s_name_belongs_to_the_job_that_made_it_first(house: House) -> None:
    await house.start_worker()
    first, _ = await _run(house)
    second, _ = await _run(house)
    assert (first.status, second.status) == ("succeeded", "failed")
    assert second.error is not None and "has the name of another job's model" in second.error.message
    assert second.fine_tuned_model is None


async def test_a_cancel_that_the_provider_refuses_for_good_is_said_and_may_be_asked_for_again(
    house: House, provider: StrangeProvider
) -> None:
    provider.job = {"status": "running"}
    provider.refusals = {"cancel": [403] * 12}
    await house.start_worker()
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key, max_retries=0) as client:
        file = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
        job = await client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4o-mini")

        async def state(wanted: str) -> bool:
            return (await client.fine_tuning.jobs.retrieve(job.id)).status == wanted

        await until(lambda: state("running"))
        await client.fine_tuning.jobs.cancel(job.id)

        async def said() -> bool:
            events = client.fine_tuning.jobs.list_events(job.id)
            return any(["could not be cancelled" in event.message async for event in events])

        await until(said)
        assert await state("running")
        await client.fine_tuning.jobs.cancel(job.id)
        await until(lambda: state("cancelled"))
