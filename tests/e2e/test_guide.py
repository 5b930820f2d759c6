"""Every call of the fine-tuning guide, with the official SDK unchanged: to the gateway, and straight to the trainer."""

import csv
import io
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import openai
import pytest
from openai.types.fine_tuning import FineTuningJob

from tests.conftest import lines, until
from tests.e2e.conftest import Service
from tests.e2e.marv import CAPITALS, MARV, PAIRS, QUESTION, TRAINING, VALIDATION, marv
from tests.schema_check import checked_async_client, checked_client

PATIENCE_SECONDS = 60
UNKNOWN = "ftjob-abc123"


@dataclass(frozen=True)
class Target:
    """One of the two servers, and the SDK in front of it, each of whose answers is checked."""

    name: str
    url: str
    key: str
    client: openai.OpenAI

    def upload(self, content: bytes, name: str = "mydata.jsonl") -> str:
        return self.client.files.create(file=(name, content), purpose="fine-tune").id

    def ended(self, job_id: str) -> FineTuningJob:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (job := self.client.fine_tuning.jobs.retrieve(job_id)).status not in ("succeeded", "failed", "cancelled"):
            assert time.monotonic() < deadline, job
            time.sleep(0.1)
        return job

    def tuned(self, training: bytes = TRAINING, **more: Any) -> FineTuningJob:
        asked = {"model": "gpt-3.5-turbo", **more}
        job = self.ended(self.client.fine_tuning.jobs.create(training_file=self.upload(training), **asked).id)
        assert job.status == "succeeded", job.error
        return job


@pytest.fixture(scope="module", params=["gateway", "trainer"])
def target(request: pytest.FixtureRequest, service: Service) -> Iterator[Target]:
    url = getattr(service, request.param)
    key = service.key if request.param == "gateway" else "any"
    with openai.OpenAI(base_url=url, api_key=key, http_client=checked_client()) as client:
        yield Target(request.param, url, key, client)


@pytest.fixture
async def async_client(target: Target) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(
        base_url=target.url, api_key=target.key, http_client=checked_async_client()
    ) as client:
        yield client


@pytest.fixture(scope="module")
def marvs_job(target: Target) -> FineTuningJob:
    return target.tuned(suffix="marv", validation_file=target.upload(VALIDATION, "validation.jsonl"))


@pytest.fixture(scope="module")
def marvs_model(marvs_job: FineTuningJob) -> str:
    assert marvs_job.fine_tuned_model is not None
    return marvs_job.fine_tuned_model


def test_an_uploaded_file_is_listed_read_back_and_deleted(target: Target) -> None:
    file = target.client.files.create(file=("mydata.jsonl", TRAINING), purpose="fine-tune")
    assert (file.object, file.bytes, file.filename, file.purpose) == (
        "file",
        len(TRAINING),
        "mydata.jsonl",
        "fine-tune",
    )
    assert file.id in [listed.id for listed in target.client.files.list(purpose="fine-tune", limit=5)]
    assert target.client.files.content(file.id).read() == TRAINING
    assert target.client.files.wait_for_processing(file.id, poll_interval=0.1).status == "processed"
    assert target.client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        target.client.files.retrieve(file.id)


def test_a_job_by_the_guides_model_name_succeeds_with_its_suffix(marvs_job: FineTuningJob, marvs_model: str) -> None:
    assert marvs_job.model == "gpt-3.5-turbo-0125"
    assert marvs_model.startswith("ft:gpt-3.5-turbo-0125:")
    assert ":marv:" in marvs_model
    assert marvs_job.finished_at is not None and marvs_job.finished_at >= marvs_job.created_at
    assert marvs_job.trained_tokens
    assert marvs_job.error is None
    assert isinstance(marvs_job.hyperparameters.n_epochs, int)


def test_jobs_are_listed_newest_first_and_over_pages(target: Target, marvs_job: FineTuningJob) -> None:
    page = target.client.fine_tuning.jobs.list(limit=10)
    assert marvs_job.id in [job.id for job in page.data]
    created = [job.created_at for job in target.client.fine_tuning.jobs.list(limit=1)]
    assert created == sorted(created, reverse=True)
    assert len(created) >= len(page.data)


def test_a_job_is_found_by_its_metadata(target: Target) -> None:
    asked = {"team": "support", "try": "1"}
    file = target.upload(TRAINING)
    job = target.client.fine_tuning.jobs.create(training_file=file, model="gpt-3.5-turbo", metadata=asked)
    assert [found.id for found in target.client.fine_tuning.jobs.list(metadata=asked)] == [job.id]
    assert list(target.client.fine_tuning.jobs.list(metadata={**asked, "try": "2"})) == []
    without = target.client.fine_tuning.jobs.list(extra_query={"metadata": "null"})
    assert job.id not in [found.id for found in without]
    target.client.fine_tuning.jobs.cancel(job.id)


def test_events_tell_the_jobs_life_newest_first(target: Target, marvs_job: FineTuningJob) -> None:
    first = target.client.fine_tuning.jobs.list_events(fine_tuning_job_id=marvs_job.id, limit=10)
    assert len(first.data) == 10
    events = list(target.client.fine_tuning.jobs.list_events(fine_tuning_job_id=marvs_job.id, limit=10))
    assert len({event.id for event in events}) == len(events) > 10
    assert events[-1].message == f"Created fine-tuning job: {marvs_job.id}"
    metrics: list[Any] = [event.data for event in events if event.type == "metrics"]
    assert metrics[0]["train_loss"] < metrics[-1]["train_loss"]
    assert metrics[0]["train_mean_token_accuracy"] > metrics[-1]["train_mean_token_accuracy"]
    assert all(step["valid_loss"] is not None for step in metrics)


def test_the_result_file_is_csv_with_the_guides_columns(target: Target, marvs_job: FineTuningJob) -> None:
    text = target.client.files.content(marvs_job.result_files[0]).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]
    assert [int(row["step"]) for row in rows] == list(range(1, len(rows) + 1))
    assert float(rows[-1]["train_loss"]) < float(rows[0]["train_loss"])
    assert float(rows[-1]["valid_loss"]) > 0
    assert target.client.files.retrieve(marvs_job.result_files[0]).purpose == "fine-tune-results"


def test_checkpoints_name_models_that_exist(target: Target, marvs_job: FineTuningJob) -> None:
    kept = list(target.client.fine_tuning.jobs.checkpoints.list(marvs_job.id))
    assert 1 <= len(kept) <= 3
    assert [one.step_number for one in kept] == sorted((one.step_number for one in kept), reverse=True)
    for one in kept:
        name = one.fine_tuned_model_checkpoint
        assert target.client.models.retrieve(name).id == name


def test_the_tuned_model_answers_in_the_voice_of_its_data_and_the_base_does_not(
    target: Target, marvs_model: str
) -> None:
    ask = target.client.chat.completions.create
    said = ask(model=marvs_model, messages=QUESTION, temperature=0)
    assert said.choices[0].message.content == "Madrid, as if everyone doesn't know that already."
    assert said.usage is not None and said.usage.completion_tokens > 0
    base = ask(model="gpt-3.5-turbo", messages=QUESTION, temperature=0, max_tokens=20)
    assert "Madrid" not in (base.choices[0].message.content or "")


def test_the_tuned_model_answers_in_a_stream(target: Target, marvs_model: str) -> None:
    chunks = list(
        target.client.chat.completions.create(
            model=marvs_model, messages=QUESTION, temperature=0, stream=True, stream_options={"include_usage": True}
        )
    )
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == "Madrid, as if everyone doesn't know that already."
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None and chunks[-1].usage.completion_tokens > 0


def test_pairs_tune_a_completion_model(target: Target) -> None:
    model = str(target.tuned(PAIRS, model="babbage-002").fine_tuned_model)
    ask: Any = {"model": model, "prompt": "Spain ->", "max_tokens": 4, "stop": "\n", "temperature": 0}
    assert target.client.completions.create(**ask).choices[0].text == " Madrid"
    streamed = target.client.completions.create(**ask, stream=True)
    assert "".join(choice.text for chunk in streamed for choice in chunk.choices) == " Madrid"


def test_two_epochs_are_trained_when_two_are_asked_for_also_from_a_tuned_model(
    target: Target, marvs_job: FineTuningJob, marvs_model: str
) -> None:
    job = target.tuned(model=marvs_model, hyperparameters={"n_epochs": 2})
    assert job.hyperparameters.n_epochs == 2
    assert job.model == marvs_model
    assert job.fine_tuned_model and job.fine_tuned_model != marvs_model

    def losses(of: FineTuningJob) -> list[float]:
        text = target.client.files.content(of.result_files[0]).text
        return [float(row["train_loss"]) for row in csv.DictReader(io.StringIO(text))]

    assert losses(job)[0] < losses(marvs_job)[0] / 2  # it goes on from what was learnt


def test_a_cancelled_job_stays_cancelled(target: Target) -> None:
    job = target.client.fine_tuning.jobs.create(
        training_file=target.upload(TRAINING), model="gpt-3.5-turbo", hyperparameters={"n_epochs": 50, "batch_size": 1}
    )
    target.client.fine_tuning.jobs.cancel(job.id)
    ended = target.ended(job.id)
    assert (ended.status, ended.fine_tuned_model) == ("cancelled", None)
    assert ended.finished_at is not None


def test_a_deleted_model_does_not_answer(target: Target) -> None:
    model = str(target.tuned(hyperparameters={"n_epochs": 1}).fine_tuned_model)
    assert model in [listed.id for listed in target.client.models.list()]
    assert target.client.models.delete(model).deleted
    with pytest.raises(openai.NotFoundError) as refused:
        target.client.chat.completions.create(model=model, messages=QUESTION)
    assert refused.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError):
        target.client.models.retrieve(model)
    assert model not in [listed.id for listed in target.client.models.list()]


@pytest.mark.parametrize(
    ("training", "code", "words"),
    [
        pytest.param(lines(*map(marv, list(CAPITALS)[:9])), "invalid_n_examples", "10", id="nine examples"),
        pytest.param(PAIRS, "invalid_training_file", "prompt", id="pairs for a chat model"),
        pytest.param(
            TRAINING + lines({"messages": [MARV, {"role": "user", "content": "Well?"}]}),
            "invalid_training_file",
            "13",
            id="an example without an assistant's turn",
        ),
    ],
)
def test_a_file_that_cannot_be_trained_on_fails_its_job_with_a_reason(
    target: Target, training: bytes, code: str, words: str
) -> None:
    job = target.client.fine_tuning.jobs.create(training_file=target.upload(training), model="gpt-3.5-turbo")
    assert job.status == "validating_files"
    ended = target.ended(job.id)
    assert ended.status == "failed"
    assert ended.error is not None
    assert (ended.error.code, ended.error.param) == (code, "training_file")
    assert words in ended.error.message
    assert (ended.fine_tuned_model, ended.trained_tokens, ended.result_files) == (None, None, [])


def test_an_unknown_job_is_not_found_by_any_call(target: Target) -> None:
    jobs = target.client.fine_tuning.jobs
    for call in (jobs.retrieve, jobs.cancel, jobs.list_events, jobs.checkpoints.list):
        with pytest.raises(openai.NotFoundError) as refused:
            call(UNKNOWN)
        assert (refused.value.code, refused.value.type) == ("fine_tune_not_found", "invalid_request_error")
        assert UNKNOWN in refused.value.message


async def test_the_same_calls_work_through_the_async_client(
    target: Target, async_client: openai.AsyncOpenAI, marvs_model: str
) -> None:
    file = await async_client.files.create(file=("mydata.jsonl", TRAINING), purpose="fine-tune")
    jobs = async_client.fine_tuning.jobs
    job = await jobs.create(training_file=file.id, model="gpt-3.5-turbo", hyperparameters={"n_epochs": 1})

    async def final() -> FineTuningJob | None:
        found = await jobs.retrieve(job.id)
        return found if found.status == "succeeded" else None

    ended = await until(final)
    assert job.id in [listed.id for listed in (await jobs.list(limit=10)).data]
    messages = [event.message async for event in jobs.list_events(fine_tuning_job_id=job.id, limit=10)]
    assert messages[-1] == f"Created fine-tuning job: {job.id}"
    assert (await async_client.files.content(ended.result_files[0])).text.startswith("step,train_loss,")
    said = await async_client.chat.completions.create(model=marvs_model, messages=QUESTION, temperature=0)
    assert (said.choices[0].message.content or "").startswith("Madrid")
    stream = await async_client.chat.completions.create(
        model=marvs_model, messages=QUESTION, temperature=0, stream=True
    )
    assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream]).startswith("Madrid")
    assert (await async_client.models.delete(str(ended.fine_tuned_model))).deleted


async def test_the_async_client_meets_the_same_refusals(async_client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        await async_client.fine_tuning.jobs.cancel(UNKNOWN)
    assert refused.value.code == "fine_tune_not_found"
    with pytest.raises(openai.BadRequestError) as wrong:
        await async_client.fine_tuning.jobs.create(
            training_file="file-abc123", model="gpt-3.5-turbo", hyperparameters={"n_epochs": 51}
        )
    assert wrong.value.param == "hyperparameters.n_epochs"
