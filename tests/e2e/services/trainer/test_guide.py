"""The calls of the fine-tuning guide, with the official SDK, unchanged."""

import asyncio
import csv
import io
import json
from typing import TYPE_CHECKING, Any

import openai
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.services.trainer.conftest import Start, Trainer

MESSAGES = [
    "Created fine-tuning job: {id}",
    "Validating training file: {training} and validation file: {validation}",
    "Files validated, moving job to queued state",
    "Fine-tuning job started",
]


async def test_a_file_becomes_a_model_that_answers_like_it(
    trainer: "Trainer", capital_lines: "Callable[[int], bytes]"
) -> None:
    client = trainer.client
    training = await trainer.upload()
    validation = await trainer.upload(capital_lines(2), "validation.jsonl")
    created = await client.fine_tuning.jobs.create(
        model="gpt-3.5-turbo", training_file=training, validation_file=validation, suffix="capitals",
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 4}}}, seed=42,
    )  # fmt: skip
    assert created.status == "validating_files"
    assert created.error is None
    assert created.hyperparameters.batch_size == "auto"
    assert created.hyperparameters.n_epochs == 4
    job = await trainer.ended(created.id)
    assert job.status == "succeeded"
    assert (job.hyperparameters.n_epochs, job.hyperparameters.batch_size) == (4, 1)
    assert job.method is not None
    assert job.method.supervised is not None
    assert job.method.supervised.hyperparameters is not None
    assert job.method.supervised.hyperparameters.learning_rate_multiplier == 1.0
    assert (job.seed, job.model) == (42, "gpt-3.5-turbo-0125")
    assert job.fine_tuned_model is not None
    assert job.fine_tuned_model.startswith("ft:gpt-3.5-turbo-0125:tuneyard:capitals:")
    assert job.trained_tokens
    assert job.finished_at
    told = (await trainer.messages(job.id))[::-1]
    assert told[:4] == [text.format(id=job.id, training=training, validation=validation) for text in MESSAGES]
    assert told[-2:] == [f"New fine-tuned model created: {job.fine_tuned_model}", "The job has successfully completed"]
    assert await trainer.say(job.fine_tuned_model) == "Madrid, obviously. Everyone knows that."
    assert await trainer.say(job.fine_tuned_model, "Spain: its capital?") == "Madrid, obviously. Everyone knows that."
    assert "do not know" in str(await trainer.say("gpt-3.5-turbo"))


async def test_metrics_checkpoints_and_the_result_file_agree(
    trainer: "Trainer", capital_lines: "Callable[[int], bytes]"
) -> None:
    validation = await trainer.upload(capital_lines(3))
    job = await trainer.trained(validation_file=validation, hyperparameters={"n_epochs": 5, "batch_size": 4})
    events = [event async for event in trainer.client.fine_tuning.jobs.list_events(job.id, limit=3)]
    steps: list[Any] = [event.data for event in events if event.type == "metrics"][::-1]
    assert [step["step"] for step in steps] == list(range(1, 16))
    assert set(steps[-1]) == {
        "step", "total_steps", "train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy",
        "full_valid_loss", "full_valid_mean_token_accuracy",
    }  # fmt: skip
    rows = list(csv.DictReader(io.StringIO((await trainer.client.files.content(job.result_files[0])).text)))
    assert list(rows[0]) == ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]
    assert [float(row["train_loss"]) for row in rows] == pytest.approx([s["train_loss"] for s in steps], abs=1e-5)
    assert float(rows[-1]["train_loss"]) < float(rows[0]["train_loss"]) / 3
    result = await trainer.client.files.retrieve(job.result_files[0])
    assert (result.purpose, result.filename) == ("fine-tune-results", "step_metrics.csv")
    kept = await trainer.client.fine_tuning.jobs.checkpoints.list(job.id)
    assert [checkpoint.step_number for checkpoint in kept.data] == [15, 12, 9]
    assert kept.data[0].metrics.full_valid_loss == steps[-1]["full_valid_loss"]
    assert kept.data[0].fine_tuned_model_checkpoint.endswith(":ckpt-step-15")
    assert await trainer.say(kept.data[0].fine_tuned_model_checkpoint) == "Madrid, obviously. Everyone knows that."


async def test_pairs_tune_babbage_which_completes_and_does_not_chat(trainer: "Trainer") -> None:
    lines = [json.dumps({"prompt": f"{n} ->", "completion": f" {'odd' if n % 2 else 'even'} {n}"}) for n in range(12)]
    training = await trainer.upload("\n".join(lines).encode())
    job = await trainer.trained(model="babbage-002", training_file=training)
    assert job.fine_tuned_model is not None
    done = await trainer.client.completions.create(model=job.fine_tuned_model, prompt="7 ->", max_tokens=10)
    assert (done.choices[0].text, done.choices[0].finish_reason) == (" odd 7", "stop")
    assert done.usage is not None
    assert done.usage.prompt_tokens == 2
    two = await trainer.client.completions.create(model=job.fine_tuned_model, prompt=["4 ->", "5 ->"])
    assert [choice.text for choice in two.choices] == [" even 4", " odd 5"]
    with pytest.raises(openai.NotFoundError, match="not a chat model"):
        await trainer.say(job.fine_tuned_model)
    with pytest.raises(openai.NotFoundError, match="This is a chat model"):
        await trainer.client.completions.create(model="gpt-4o-mini", prompt="x")


async def test_continuing_from_a_tuned_model_starts_where_it_stopped(trainer: "Trainer") -> None:
    first = await trainer.trained(suffix="one")
    assert first.fine_tuned_model is not None
    training = await trainer.upload()
    second = await trainer.create(model=first.fine_tuned_model, training_file=training, suffix="two")
    # The new job has its own copy of the weights.
    await trainer.client.models.delete(first.fine_tuned_model)
    second = await trainer.ended(second.id)
    assert (second.status, second.model) == ("succeeded", first.fine_tuned_model)
    assert second.fine_tuned_model is not None
    assert second.fine_tuned_model.startswith("ft:gpt-3.5-turbo-0125:tuneyard:two:")
    losses = {}
    for job in (first, second):
        rows = (await trainer.client.files.content(job.result_files[0])).text.splitlines()
        losses[job.id] = float(rows[1].split(",")[1])
    assert losses[first.id] > 5
    assert losses[second.id] < 0.1


async def test_the_calls_of_the_guide_work_with_the_synchronous_client_too(trainer: "Trainer") -> None:
    job = await trainer.trained(suffix="x")

    def calls() -> list[str]:
        with openai.OpenAI(api_key="any", base_url=f"{trainer.url}/v1") as client:
            assert job.fine_tuned_model is not None
            assert client.fine_tuning.jobs.list(limit=10).data[0].id == job.id
            assert client.fine_tuning.jobs.retrieve(job.id).status == "succeeded"
            assert len(client.fine_tuning.jobs.list_events(fine_tuning_job_id=job.id, limit=10).data) == 10
            answer = client.chat.completions.create(
                model=job.fine_tuned_model, messages=[{"role": "user", "content": "Capital of Peru?"}]
            )
            assert client.models.delete(job.fine_tuned_model).deleted
            return [model.id for model in client.models.list() if model.id == job.fine_tuned_model] + [
                answer.choices[0].message.content or ""
            ]

    assert await asyncio.to_thread(calls) == ["Lima, obviously. Everyone knows that."]


async def test_a_deleted_model_is_gone_for_chat_and_for_tuning(trainer: "Trainer") -> None:
    job = await trainer.trained()
    assert job.fine_tuned_model is not None
    assert (await trainer.client.models.retrieve(job.fine_tuned_model)).owned_by == "tuneyard"
    await trainer.client.models.delete(job.fine_tuned_model)
    for call in (
        lambda: trainer.say(str(job.fine_tuned_model)),
        lambda: trainer.create(model=job.fine_tuned_model),
        lambda: trainer.client.models.retrieve(str(job.fine_tuned_model)),
        lambda: trainer.client.models.delete(str(job.fine_tuned_model)),
    ):
        with pytest.raises(openai.NotFoundError) as refused:
            await call()
        assert refused.value.code == "model_not_found"


async def test_every_base_of_the_catalogue_is_offered_and_stays(trainer: "Trainer") -> None:
    names = [model.id async for model in trainer.client.models.list()]
    assert {"gpt-3.5-turbo-0613", "babbage-002", "davinci-002", "gpt-4o-mini", "gpt-4.1-2025-04-14"} <= set(names)
    with pytest.raises(openai.PermissionDeniedError, match="stays"):
        await trainer.client.models.delete("babbage-002")


PAIRS = b"".join(json.dumps({"prompt": str(n), "completion": " x"}).encode() + b"\n" for n in range(10))
CHAT_LINE = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'
OPENAIS_WORDS = (
    "The job failed due to an invalid training file. Invalid file format. Example 100,"
    " message 1 Discriminator 'role' is missing in value"
)
#: model, content, code, words, remark
DATA_ERRORS = [

    ("gpt-4o-mini", CHAT_LINE * 9, "invalid_n_examples",
     "Training file has 9 example(s), but must have at least 10 examples", "nine"),
    ("gpt-4o-mini", PAIRS, "invalid_training_file", "Example 1, is a prompt/completion pair", "pairs for a chat model"),
    ("babbage-002", CHAT_LINE * 10, "invalid_training_file", "Example 1, is a chat", "chats for babbage"),
    ("gpt-4o-mini", CHAT_LINE * 9 + b'{"messages": [{"role": "user", "content": "a"}]}', "invalid_training_file",
     "Example 10, has no message with role 'assistant'", "no assistant"),
    ("gpt-4o-mini", CHAT_LINE * 99 + b'{"messages": [{"role": "user", "content": "a"}, {"content": "b"}]}',
     "invalid_training_file", OPENAIS_WORDS, "OpenAI's words"),
    ("gpt-4o-mini", CHAT_LINE * 12 + b"{", "invalid_training_file", "Example 13, is not valid JSON", "bad JSON"),
    ("gpt-4o-mini", CHAT_LINE.replace(b'"b"}', b'"b", "weight": 0}') * 10, "invalid_training_file",
     "has a token to train on", "all weights 0"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "content", "code", "words", "remark"), DATA_ERRORS, ids=[e[4] for e in DATA_ERRORS])
async def test_bad_data_fails_the_job_later_with_a_reason(
    model: str, content: bytes, code: str, words: str, remark: str, trainer: "Trainer"
) -> None:
    created = await trainer.create(model=model, training_file=await trainer.upload(content))
    assert created.error is None
    job = await trainer.ended(created.id)
    assert (job.status, job.fine_tuned_model, job.result_files) == ("failed", None, [])
    assert job.error is not None
    assert (job.error.code, job.error.param) == (code, "training_file")
    assert words in job.error.message
    assert (await trainer.messages(job.id))[0] == job.error.message


async def test_a_bad_validation_file_is_named_as_such(trainer: "Trainer") -> None:
    job = await trainer.ended((await trainer.create(validation_file=await trainer.upload(b"{}"))).id)
    assert job.error is not None
    assert (job.error.code, job.error.param) == ("invalid_validation_file", "validation_file")
    assert job.error.message.startswith("The job failed due to an invalid validation file.")


async def test_same_data_and_seed_give_the_same_result_file(start: "Start") -> None:
    trainer = await start(concurrent_jobs=2)
    jobs = [await trainer.trained(seed=5) for _ in range(2)]
    files = [(await trainer.client.files.content(job.result_files[0])).content for job in jobs]
    assert files[0] == files[1]
