"""Files, lists, errors, states and sampling, as OpenAI's API has them."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import openai
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.services.trainer.conftest import Start, Trainer

KEY = {"authorization": "Bearer any"}


async def call(trainer: "Trainer", method: str, path: str, **how: Any) -> tuple[int, Any, Any]:
    headers = how.pop("headers", KEY)
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, trainer.url + path, headers=headers, **how) as response,
    ):
        return response.status, await response.json(content_type=None), response.headers


async def test_a_file_is_kept_listed_read_and_deleted(trainer: "Trainer") -> None:
    files = trainer.client.files
    assert (await files.list()).data == []
    sent = await files.create(file=("mine £.jsonl", b"some bytes\n" * 100_000), purpose="fine-tune")
    assert (sent.filename, sent.bytes, sent.status, sent.purpose) == (
        "mine £.jsonl",
        1_100_000,
        "processed",
        "fine-tune",
    )
    assert (await files.retrieve(sent.id)).model_dump() == sent.model_dump()
    assert (await files.content(sent.id)).content == b"some bytes\n" * 100_000
    assert (await files.wait_for_processing(sent.id)).id == sent.id
    assert (await files.delete(sent.id)).deleted
    for gone in (files.retrieve(sent.id), files.content(sent.id), files.delete(sent.id)):
        with pytest.raises(openai.NotFoundError, match=f"No such File object: {sent.id}"):
            await gone


async def test_files_are_listed_in_both_orders_a_page_at_a_time(trainer: "Trainer") -> None:
    sent = [await trainer.upload(b"x", f"{n}.jsonl") for n in range(5)]
    assert [file.id async for file in trainer.client.files.list(limit=2)] == sent[::-1]
    assert [file.id async for file in trainer.client.files.list(limit=2, order="asc")] == sent
    page = await trainer.client.files.list(limit=2, after=sent[3])
    assert ([file.id for file in page.data], page.has_more) == ([sent[2], sent[1]], True)
    assert [file async for file in trainer.client.files.list(purpose="fine-tune-results")] == []
    assert len((await trainer.client.files.list(purpose="fine-tune")).data) == 5


async def test_an_upload_is_refused_with_what_is_wrong(start: "Start") -> None:
    trainer = await start(max_file_bytes=1000)
    files = trainer.client.files
    with pytest.raises(openai.BadRequestError, match="'assistants' is not one of"):
        await files.create(file=b"x", purpose="assistants")
    with pytest.raises(openai.APIStatusError, match="larger than 1,000 bytes") as refused:
        await files.create(file=b"x" * 1001, purpose="fine-tune")
    assert refused.value.status_code == 413
    status, body, _ = await call(trainer, "POST", "/v1/files", json={"purpose": "fine-tune"})
    assert (status, body["error"]["param"]) == (400, "file")
    form = aiohttp.FormData({"purpose": "fine-tune"})
    form.add_field("other", b"x", filename="x.jsonl")
    status, body, _ = await call(trainer, "POST", "/v1/files", data=form)
    assert (status, body["error"]["param"]) == (400, "file")
    assert (await files.list()).data == []


async def test_a_file_with_an_expiry_shows_it(trainer: "Trainer") -> None:
    sent = await trainer.client.files.create(
        file=b"x", purpose="fine-tune", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert sent.expires_at is not None
    assert 3598 <= sent.expires_at - sent.created_at <= 3601


#: body, status, param, words
BAD_CREATES: list[tuple[Any, int, str | None, str]] = [
    (b"{", 400, None, "not valid JSON"),
    ([], 400, None, "must be a JSON object"),
    ({"model": "gpt-4o"}, 400, "training_file", "is required"),
    ({"model": "gpt-4o", "training_file": "file-x"}, 400, "training_file", "No such File object: file-x"),
    ({"model": "gpt-99", "training_file": "FILE"}, 404, "model", "`gpt-99` does not exist"),
    ({"model": "ft:gpt-4o:x::y", "training_file": "FILE"}, 404, "model", "does not exist"),
    ({"model": "o4-mini", "training_file": "FILE"}, 400, "model", "not available for fine-tuning"),
    ({"model": "gpt-4o", "training_file": "FILE", "validation_file": "FILE"}, 400, "validation_file", "training file"),
    ({"model": "gpt-4o", "training_file": "FILE", "batch_size": 2}, 400, "batch_size", "not a field"),
    ({"model": "gpt-4o", "training_file": "FILE", "suffix": "x" * 65}, 400, "suffix", "at most 64"),
    ({"model": "gpt-4o", "training_file": "FILE", "seed": 2**31}, 400, "seed", "less than or equal"),
    ({"model": "gpt-4o", "training_file": "FILE", "hyperparameters": {"n_epochs": 51}}, 400,
     "hyperparameters.n_epochs", "from 1 to 50"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status", "param", "words"), BAD_CREATES, ids=[case[3] for case in BAD_CREATES])
async def test_a_job_is_refused_with_the_field_that_is_wrong(
    body: Any, status: int, param: str | None, words: str, trainer: "Trainer"
) -> None:
    file = await trainer.upload()
    raw = body if isinstance(body, bytes) else json.dumps(body).replace("FILE", file).encode()
    found, answer, _ = await call(trainer, "POST", "/v1/fine_tuning/jobs", data=raw)
    assert (found, answer["error"]["param"]) == (status, param)
    assert words in answer["error"]["message"]
    assert (await trainer.client.fine_tuning.jobs.list()).data == []


async def test_unknown_things_answer_in_openais_shape(trainer: "Trainer") -> None:
    with pytest.raises(openai.NotFoundError, match="Could not find fine tune: ftjob-x") as refused:
        await trainer.client.fine_tuning.jobs.retrieve("ftjob-x")
    assert (refused.value.code, refused.value.param) == ("fine_tune_not_found", "fine_tune_id")
    assert refused.value.request_id
    for path in ("ftjob-x/events", "ftjob-x/checkpoints"):
        status, body, _ = await call(trainer, "GET", f"/v1/fine_tuning/jobs/{path}")
        assert (status, body["error"]["code"]) == (404, "fine_tune_not_found")
    assert (await call(trainer, "GET", "/v1/nothing"))[0] == 404
    status, body, headers = await call(trainer, "PUT", "/v1/files")
    assert (status, body["error"]["code"]) == (405, "method_not_supported")
    assert "GET" in headers["allow"]
    status, body, _ = await call(trainer, "GET", "/v1/files?limit=0")
    assert (status, body["error"]["param"]) == (400, "limit")
    assert (await call(trainer, "GET", "/healthz", headers={}))[0] == 200


async def test_a_request_without_a_key_is_refused(trainer: "Trainer") -> None:
    status, body, headers = await call(trainer, "GET", "/v1/models", headers={"x-request-id": "mine-1"})
    assert (status, body["error"]["code"]) == (401, "invalid_api_key")
    assert headers["x-request-id"] == "mine-1"


async def test_jobs_are_listed_newest_first_and_filtered_by_metadata(start: "Start") -> None:
    trainer = await start(queue_delay=60)
    file, jobs = await trainer.upload(), trainer.client.fine_tuning.jobs
    made = [await trainer.create(training_file=file, metadata={"n": str(n), "all": "yes"}) for n in range(3)]
    plain = await trainer.create(training_file=file)
    ids = [plain.id, *[job.id for job in made[::-1]]]
    assert [job.id async for job in jobs.list(limit=2)] == ids
    page = await jobs.list(limit=1, after=plain.id)
    assert ([job.id for job in page.data], page.has_more) == ([made[2].id], True)
    assert [job.id async for job in jobs.list(metadata={"all": "yes", "n": "1"})] == [made[1].id]
    assert [job.id async for job in jobs.list(metadata={"all": "no"})] == []
    assert [job.id async for job in jobs.list(extra_query={"metadata": "null"})] == [plain.id]
    assert (made[0].metadata, plain.metadata) == ({"n": "0", "all": "yes"}, None)


async def test_a_repeated_create_makes_two_jobs_whatever_its_idempotency_key(start: "Start") -> None:
    trainer = await start(queue_delay=60)
    file = await trainer.upload()
    headers = {"Idempotency-Key": "same"}
    made = {(await trainer.create(training_file=file, extra_headers=headers)).id for _ in range(2)}
    assert len(made) == 2


async def test_one_job_trains_at_a_time_and_the_others_stay_queued(start: "Start") -> None:
    trainer = await start(step_delay=0.05)
    first = await trainer.create()
    await trainer.until(first.id, lambda job: job.status == "running")
    second = await trainer.create()
    await trainer.until(second.id, lambda job: job.status == "queued")
    running = await trainer.until(first.id, lambda job: job.estimated_finish is not None)
    assert running.status == "running"
    assert (await trainer.client.fine_tuning.jobs.retrieve(second.id)).status == "queued"
    await trainer.client.fine_tuning.jobs.cancel(first.id)
    await trainer.until(second.id, lambda job: job.status == "running")


async def test_a_cancelled_job_stops_and_cannot_be_cancelled_again(start: "Start") -> None:
    trainer = await start(step_delay=0.05)
    jobs = trainer.client.fine_tuning.jobs
    job = await trainer.create(hyperparameters={"n_epochs": 50})
    await trainer.until(job.id, lambda job: job.status == "running")
    cancelled = await jobs.cancel(job.id)
    assert (cancelled.status, cancelled.fine_tuned_model, cancelled.trained_tokens) == ("cancelled", None, None)
    assert cancelled.finished_at
    told = await trainer.messages(job.id)
    assert told[0] == "The job was cancelled"
    with pytest.raises(openai.BadRequestError, match="Job has already completed"):
        await jobs.cancel(job.id)
    assert await trainer.messages(job.id) == told


async def test_a_paused_job_resumes_and_ends_as_if_it_had_never_stopped(start: "Start") -> None:
    trainer = await start(step_delay=0.02)
    jobs = trainer.client.fine_tuning.jobs
    file = await trainer.upload()
    asked: dict[str, Any] = {"training_file": file, "seed": 3, "hyperparameters": {"n_epochs": 4, "batch_size": 2}}
    straight = await trainer.trained(**asked)
    job = await trainer.create(**asked)
    async with asyncio.timeout(20):
        while not (await jobs.checkpoints.list(job.id)).data:
            await asyncio.sleep(0.01)
    paused = await jobs.pause(job.id)
    assert str(paused.status) == "paused"
    with pytest.raises(openai.BadRequestError, match="Only a queued or running job can be paused"):
        await jobs.pause(job.id)
    assert (await jobs.resume(job.id)).status in ("queued", "running")
    ended = await trainer.ended(job.id)
    contents = [(await trainer.client.files.content(one.result_files[0])).content for one in (straight, ended)]
    assert contents[0] == contents[1]
    steps = [text for text in await trainer.messages(job.id) if text.startswith("Step ")]
    assert len(steps) == len(set(steps)) == 24


async def test_events_are_paged(trainer: "Trainer") -> None:
    job = await trainer.trained(hyperparameters={"n_epochs": 2})
    jobs = trainer.client.fine_tuning.jobs
    everything = [event.id async for event in jobs.list_events(job.id, limit=100)]
    assert [event.id async for event in jobs.list_events(job.id, limit=7)] == everything
    assert len(set(everything)) == len(everything)
    page = await jobs.list_events(job.id)
    assert (len(page.data), page.has_more) == (20, True)
    with pytest.raises(openai.BadRequestError, match="has no ftevent-x"):
        await jobs.list_events(job.id, after="ftevent-x")
    first = await jobs.checkpoints.list(job.id, limit=1)
    assert ([c.step_number for c in first.data], first.has_more) == ([24], True)


async def test_a_stream_says_the_same_in_pieces(trainer: "Trainer") -> None:
    ask: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Who are you?"}]}
    whole = await trainer.client.chat.completions.create(**ask)
    chunks = [
        chunk async for chunk in await trainer.client.chat.completions.create(
            **ask, stream=True, stream_options={"include_usage": True}
        )
    ]  # fmt: skip
    said = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(said) == whole.choices[0].message.content
    assert len(said) > 10
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]][-1] == "stop"
    assert (chunks[-1].choices, chunks[-1].usage) == ([], whole.usage)
    pieces = [
        chunk.choices[0].text
        async for chunk in await trainer.client.completions.create(model="davinci-002", prompt="x", stream=True)
    ]
    whole_text = (await trainer.client.completions.create(model="davinci-002", prompt="x")).choices[0].text
    assert "".join(pieces) == whole_text != ""


async def test_limits_stops_and_choices_are_obeyed(trainer: "Trainer") -> None:
    ask: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Who are you?"}]}
    chat = trainer.client.chat.completions
    cut = await chat.create(**ask, max_tokens=3)
    assert (cut.choices[0].finish_reason, cut.usage and cut.usage.completion_tokens) == ("length", 3)
    cut = await chat.create(**ask, max_completion_tokens=2)
    assert cut.usage is not None
    assert cut.usage.completion_tokens == 2
    stopped = await chat.create(**ask, stop=[":", " language"])
    assert stopped.choices[0].finish_reason == "stop"
    assert stopped.choices[0].message.content == "I am a small"
    assert [choice.index for choice in (await chat.create(**ask, n=3)).choices] == [0, 1, 2]
    with pytest.raises(openai.BadRequestError, match="temperature"):
        await chat.create(**ask, temperature=3)
    with pytest.raises(openai.BadRequestError, match="messages"):
        await chat.create(model="gpt-4o-mini", messages=[])
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        await chat.create(model="gpt-99", messages=[{"role": "user", "content": "x"}])


async def test_the_temperature_and_the_seed_choose_among_what_was_learned(
    trainer: "Trainer", capital_lines: "Callable[[int], bytes]"
) -> None:
    flips = [json.dumps({"messages": [{"role": "user", "content": "Flip."}, {"role": "assistant", "content": side}]})
             for side in ("heads", "tails") * 6]  # fmt: skip
    job = await trainer.trained(training_file=await trainer.upload("\n".join(flips).encode()))
    assert job.fine_tuned_model is not None
    drawn = {await trainer.say(job.fine_tuned_model, "Flip.", temperature=1, seed=n) for n in range(20)}
    assert drawn == {"heads", "tails"}
    again = {await trainer.say(job.fine_tuned_model, "Flip.", temperature=1, seed=4) for _ in range(3)}
    assert len(again) == 1
