"""Each fault, as a client of the trainer meets it."""

import asyncio
import base64
import time
from typing import TYPE_CHECKING

import aiohttp
import openai
import pytest

if TYPE_CHECKING:
    from tests.e2e.services.trainer.conftest import Start, Trainer


def faulty(text: str) -> dict[str, str]:
    return {"x-tuneyard-fault": text}


async def job_ids(trainer: "Trainer") -> list[str]:
    return [job.id async for job in trainer.client.fine_tuning.jobs.list()]


async def file_count(trainer: "Trainer") -> int:
    return len((await trainer.client.files.list()).data)


@pytest.fixture
async def trainer(start: "Start") -> "Trainer":
    # Jobs wait: what is looked at is their creation.
    return await start(queue_delay=60)


async def test_rate_limit_answers_429_with_retry_after_and_does_nothing(trainer: "Trainer") -> None:
    with pytest.raises(openai.RateLimitError) as refused:
        await trainer.create(extra_headers=faulty("rate_limit=7"))
    assert refused.value.response.headers["retry-after"] == "7"
    assert refused.value.code == "rate_limit_exceeded"
    assert await job_ids(trainer) == []


@pytest.mark.parametrize(("fault", "jobs"), [("error_before", 0), ("error_after", 1)])
async def test_an_error_stands_before_or_behind_the_effect(fault: str, jobs: int, trainer: "Trainer") -> None:
    with pytest.raises(openai.InternalServerError) as broken:
        await trainer.create(extra_headers=faulty(fault))
    assert broken.value.request_id
    assert len(await job_ids(trainer)) == jobs


@pytest.mark.parametrize(("fault", "jobs"), [("drop_before", 0), ("drop_after", 1)])
async def test_a_connection_drops_before_or_behind_the_effect(fault: str, jobs: int, trainer: "Trainer") -> None:
    file = await trainer.upload()
    with pytest.raises(openai.APIConnectionError):
        await trainer.create(training_file=file, extra_headers=faulty(fault))
    assert len(await job_ids(trainer)) == jobs


async def test_the_sdks_own_retry_after_an_error_behind_the_effect_makes_a_twin(trainer: "Trainer") -> None:
    file = await trainer.upload()
    async with aiohttp.ClientSession() as session:
        await session.post(f"{trainer.url}/faults", json={"faults": "jobs.create:error_after*1"})
    retrying = trainer.client.with_options(max_retries=1)
    await retrying.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file)
    assert len(await job_ids(trainer)) == 2


async def test_a_late_effect_lands_after_its_500(trainer: "Trainer") -> None:
    file = await trainer.upload()
    with pytest.raises(openai.InternalServerError):
        await trainer.create(training_file=file, extra_headers=faulty("late=0.4"))
    assert await job_ids(trainer) == []
    async with asyncio.timeout(5):
        while not await job_ids(trainer):
            await asyncio.sleep(0.02)


async def test_a_hanging_request_times_out_and_still_takes_effect(trainer: "Trainer") -> None:
    file = await trainer.upload()
    with pytest.raises(openai.APITimeoutError):
        await trainer.create(training_file=file, extra_headers=faulty("hang=0.6"), timeout=0.2)
    assert await job_ids(trainer) == []
    async with asyncio.timeout(5):
        while not await job_ids(trainer):
            await asyncio.sleep(0.02)


async def test_a_late_upload_is_read_at_once_and_appears_later(trainer: "Trainer") -> None:
    with pytest.raises(openai.InternalServerError):
        await trainer.client.files.create(file=b"x" * 500_000, purpose="fine-tune", extra_headers=faulty("late=0.3"))
    assert await file_count(trainer) == 0
    async with asyncio.timeout(5):
        while not await file_count(trainer):
            await asyncio.sleep(0.02)
    sent = (await trainer.client.files.list()).data[0]
    assert sent.bytes == 500_000


async def test_a_late_request_that_is_wrong_is_refused_at_once(trainer: "Trainer") -> None:
    with pytest.raises(openai.BadRequestError):
        await trainer.create(training_file="file-x", extra_headers=faulty("late=9"))


async def test_a_slow_answer_comes_after_the_effect(trainer: "Trainer") -> None:
    file = await trainer.upload()
    with pytest.raises(openai.APITimeoutError):
        await trainer.create(training_file=file, extra_headers=faulty("slow=30"), timeout=0.3)
    assert len(await job_ids(trainer)) == 1
    begun = time.monotonic()
    assert await trainer.say("gpt-4o-mini", extra_headers=faulty("slow=0.3"))
    assert time.monotonic() - begun >= 0.3


async def test_a_file_that_is_not_ready_cannot_be_used_yet(trainer: "Trainer") -> None:
    sent = await trainer.client.files.create(file=b"x", purpose="fine-tune", extra_headers=faulty("file_not_ready=0.5"))
    assert sent.status == "uploaded"
    with pytest.raises(openai.BadRequestError, match="is still being processed and is not ready to be used"):
        await trainer.create(training_file=sent.id)
    assert (await trainer.client.files.wait_for_processing(sent.id, poll_interval=0.05)).status == "processed"
    assert (await trainer.create(training_file=sent.id)).status == "validating_files"
    with pytest.raises(openai.BadRequestError, match="is still being processed"):
        await trainer.create(training_file=sent.id, extra_headers=faulty("file_not_ready"))


async def test_training_is_not_available_while_uploading_still_is(start: "Start") -> None:
    trainer = await start(faults="training_not_available")
    file = await trainer.upload()
    with pytest.raises(openai.PermissionDeniedError) as refused:
        await trainer.create(training_file=file)
    assert refused.value.code == "training_not_available"
    assert "winding down the fine-tuning platform" in refused.value.message


async def test_an_unknown_status_is_reported_while_the_job_runs(start: "Start") -> None:
    trainer = await start(step_delay=0.03)
    job = await trainer.create(extra_headers=faulty("unknown_status=lunch"))
    await trainer.until(job.id, lambda job: str(job.status) == "lunch")
    listed = (await trainer.client.fine_tuning.jobs.list()).data[0]
    assert str(listed.status) == "lunch"
    assert (await trainer.ended(job.id)).status == "succeeded"


async def test_a_healthy_jobs_error_may_be_an_empty_object(trainer: "Trainer") -> None:
    file = await trainer.upload()
    job = await trainer.create(training_file=file, extra_headers=faulty("error_empty"))
    assert job.model_dump()["error"] == {"code": None, "message": None, "param": None}
    assert (await trainer.create(training_file=file)).error is None


async def test_the_life_of_a_job_can_be_bent_from_its_creation(start: "Start") -> None:
    trainer = await start()
    bent = faulty("model_not_ready=1.5, result_base64")
    job = await trainer.ended((await trainer.create(extra_headers=bent)).id)
    assert job.fine_tuned_model is not None
    with pytest.raises(openai.NotFoundError) as refused:
        await trainer.say(job.fine_tuned_model)
    assert refused.value.code == "model_not_found"
    content = (await trainer.client.files.content(job.result_files[0])).content
    assert base64.b64decode(content, validate=True).startswith(b"step,train_loss,")
    async with asyncio.timeout(10):
        while job.fine_tuned_model not in [model.id async for model in trainer.client.models.list()]:
            await asyncio.sleep(0.05)
    assert await trainer.say(job.fine_tuned_model) == "Madrid, obviously. Everyone knows that."


async def test_a_job_can_be_made_to_fail_and_one_download_to_be_base64(start: "Start") -> None:
    trainer = await start()
    job = await trainer.ended((await trainer.create(extra_headers=faulty("job_error=exceeded_quota"))).id)
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == "exceeded_quota"
    bent = await trainer.client.files.content(job.training_file, extra_headers=faulty("result_base64"))
    plain = await trainer.client.files.content(job.training_file)
    assert base64.b64decode(bent.content) == plain.content


async def test_faults_are_switched_on_counted_listed_and_switched_off(trainer: "Trainer") -> None:
    async with aiohttp.ClientSession(trainer.url) as session:
        await session.post("/faults", json={"faults": "models.list:error_before*2, files.*:rate_limit"})
        with pytest.raises(openai.InternalServerError):
            await trainer.client.models.list()
        async with session.get("/faults") as listed:
            assert await listed.json() == {"faults": ["models.list:error_before*1", "files.*:rate_limit=1"]}
        with pytest.raises(openai.RateLimitError):
            await trainer.upload()
        await session.delete("/faults")
        assert await trainer.upload()
        assert (await trainer.client.models.list()).data
        async with session.post("/faults", json={"faults": "explode"}) as refused:
            assert refused.status == 400
            assert (await refused.json())["error"]["param"] == "faults"


async def test_a_fault_that_cannot_be_read_is_refused(trainer: "Trainer") -> None:
    with pytest.raises(openai.BadRequestError, match='The fault "explode" is not known'):
        await trainer.client.models.list(extra_headers=faulty("explode"))
