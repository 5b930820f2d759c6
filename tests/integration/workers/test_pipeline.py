"""A job's whole way, in one process over real servers."""

from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai.types.fine_tuning import FineTuningJob
from sqlalchemy import text

from shared.db.database import sql
from shared.endpoints.routing import matches
from tests.conftest import House, chats, lines, until

MODEL = "gpt-4o-mini-2024-07-18"


@pytest.fixture
async def client(house: House) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key, max_retries=0) as opened:
        yield opened


async def _ended(client: openai.AsyncOpenAI, job_id: str) -> FineTuningJob:
    async def final() -> FineTuningJob | None:
        job = await client.fine_tuning.jobs.retrieve(job_id)
        return job if job.status in ("succeeded", "failed", "cancelled") else None

    return await until(final)


async def test_a_job_created_while_its_file_is_unchecked_waits_and_succeeds(
    house: House, client: openai.AsyncOpenAI
) -> None:
    file = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
    job = await client.fine_tuning.jobs.create(training_file=file.id, model=MODEL, suffix="sums")
    assert (file.status, job.status) == ("uploaded", "validating_files")
    await house.start_worker()
    ended = await _ended(client, job.id)
    assert ended.status == "succeeded", ended.error
    assert (
        ended.fine_tuned_model
        and ended.fine_tuned_model.startswith(f"ft:{MODEL}:")
        and ":sums:" in ended.fine_tuned_model
    )
    assert ended.trained_tokens
    csv = (await client.files.content(ended.result_files[0])).read()
    assert csv.startswith(b"step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n")
    events = [event async for event in client.fine_tuning.jobs.list_events(job.id)]
    assert [event.message for event in events][-1] == f"Created fine-tuning job: {job.id}"
    assert len([event for event in events if event.type == "metrics"]) == csv.count(b"\n") - 1
    checkpoints = [found async for found in client.fine_tuning.jobs.checkpoints.list(job.id)]
    assert 1 <= len(checkpoints) <= 3
    stages = (ended.model_extra or {})["stages"]
    assert [stage["stage"] for stage in stages][:4] == ["validating", "uploading", "creating", "queued"]

    async def ready() -> bool:
        model = await client.models.retrieve(str(ended.fine_tuned_model))
        return bool(model.model_extra and model.model_extra["readiness"] == "ready")

    await until(ready)


async def test_a_file_with_an_error_fails_its_job_with_the_line(house: House, client: openai.AsyncOpenAI) -> None:
    bad = chats() + lines({"messages": [{"role": "user", "content": "And?"}]})
    file = await client.files.create(file=("bad.jsonl", bad), purpose="fine-tune")
    job = await client.fine_tuning.jobs.create(training_file=file.id, model=MODEL)
    await house.start_worker()
    ended = await _ended(client, job.id)
    assert ended.status == "failed"
    assert ended.error is not None and "line 13" in ended.error.message and ended.error.param == "training_file"
    found = await client.files.retrieve(file.id)
    assert found.status == "error" and found.status_details and "line 13" in found.status_details


async def test_nine_examples_are_too_few(house: House, client: openai.AsyncOpenAI) -> None:
    await house.start_worker()
    file = await client.files.create(file=("few.jsonl", chats(9)), purpose="fine-tune")
    job = await client.fine_tuning.jobs.create(training_file=file.id, model=MODEL)
    ended = await _ended(client, job.id)
    assert ended.error is not None and ended.error.code == "invalid_n_examples"


async def test_pairs_do_not_suit_a_chat_model(house: House, client: openai.AsyncOpenAI) -> None:
    await house.start_worker()
    pairs = lines(*({"prompt": f"{n} ->", "completion": f" {n + 1}"} for n in range(12)))
    file = await client.files.create(file=("pairs.jsonl", pairs), purpose="fine-tune")
    chat_job = await client.fine_tuning.jobs.create(training_file=file.id, model=MODEL)
    pair_job = await client.fine_tuning.jobs.create(training_file=file.id, model="babbage-002")
    failed = await _ended(client, chat_job.id)
    assert failed.error is not None and failed.error.code == "invalid_training_file" and MODEL in failed.error.message
    assert (await _ended(client, pair_job.id)).status == "succeeded"


async def test_a_job_is_cancelled_before_the_provider_knows_it(house: House, client: openai.AsyncOpenAI) -> None:
    file = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
    job = await client.fine_tuning.jobs.create(training_file=file.id, model=MODEL)
    assert (await client.fine_tuning.jobs.cancel(job.id)).status == "cancelled"
    assert (await client.fine_tuning.jobs.cancel(job.id)).status == "cancelled"


async def test_a_tuned_model_answers_and_is_gone_when_deleted(house: House, client: openai.AsyncOpenAI) -> None:
    await house.start_worker()
    file = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
    job = await client.fine_tuning.jobs.create(training_file=file.id, model=MODEL)
    model = str((await _ended(client, job.id)).fine_tuned_model)
    answer = await client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "What is 3 plus 3?"}]
    )
    assert answer.choices[0].message.content
    assert (await client.models.delete(model)).deleted
    with pytest.raises(openai.NotFoundError) as refused:
        await client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hi"}])
    assert refused.value.code == "model_not_found"


async def test_who_listens_for_a_teams_jobs_hears_of_their_models(house: House, client: openai.AsyncOpenAI) -> None:
    await house.start_worker()
    file = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
    job = await client.fine_tuning.jobs.create(training_file=file.id, model=MODEL, metadata={"team": "blue"})
    model = str((await _ended(client, job.id)).fine_tuned_model)

    async def happened() -> dict[str, Any]:
        async with house.runtime.database.begin() as session:
            found = await sql(session, text("SELECT type, data FROM events WHERE subject_id = :model"), model=model)
            return {event.type: event.data for event in found}

    await until(happened)  # model.ready
    await client.models.delete(model)
    events = await happened()
    assert set(events) == {"model.ready", "model.deleted"}
    assert all(matches({"metadata": {"team": "blue"}}, name, data) for name, data in events.items())
    assert not any(matches({"metadata": {"team": "red"}}, name, data) for name, data in events.items())
