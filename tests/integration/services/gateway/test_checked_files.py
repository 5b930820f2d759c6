"""What a file's check does besides the rules: packed files, leaks from a training file, progress that can be seen"""

import asyncio
import gzip
from typing import Any

import aiohttp
import openai
import pytest
from backports import zstd

from shared.datasets.tables import Dataset
from tests.conftest import chat, chats, lines, until
from tests.integration.services.gateway.conftest import Api
from tests.integration.services.gateway.test_derived_files import checked, leased
from workers import telling


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
async def test_a_packed_file_is_checked_trained_on_and_reaches_the_provider_plain(own: Api, pack: Any) -> None:
    await own.house.start_worker()
    packed = pack(chats(40))
    file_id = (await own.upload(packed, name="train.jsonl.packed")).id
    (file,) = await checked(own, file_id)
    assert (file["status"], file["bytes"]) == ("processed", len(packed))
    assert (await own.get(f"/files/{file_id}/content")).raw == packed
    assert (await own.get(f"/files/{file_id}/report")).body["plain_bytes"] == len(chats(40))
    job_id = (await own.job(training_file=file_id)).id

    async def ended() -> str | None:
        status = (await own.get(f"/fine_tuning/jobs/{job_id}")).body["status"]
        return status if status in ("succeeded", "failed") else None

    assert await until(ended) == "succeeded"
    provider = own.house.runtime.settings.providers["default"]
    headers = {"Authorization": f"Bearer {provider.api_key.get_secret_value()}"}
    async with own.session.get(f"{provider.base_url}/files?purpose=fine-tune", headers=headers) as response:
        (theirs,) = (await response.json())["data"]
    async with own.session.get(f"{provider.base_url}/files/{theirs['id']}/content", headers=headers) as response:
        assert await response.read() == chats(40)


async def test_a_packed_file_that_unfolds_too_far_or_breaks_off_ends_in_an_error(own: Api) -> None:
    await own.house.start_worker()
    bomb, half = gzip.compress(bytes(100 << 20)), gzip.compress(chats(40))[:-20]
    ids = [(await own.upload(data)).id for data in (bomb, half)]
    files = await checked(own, *ids)
    assert [file["status"] for file in files] == ["error", "error"]
    assert "unpacks to more than" in files[0]["status_details"]
    assert "breaks off" in files[1]["status_details"]


async def test_a_held_out_file_is_searched_for_what_was_trained_on(own: Api) -> None:
    training = (await own.upload(chats(40))).id
    form = aiohttp.FormData()
    form.add_field("purpose", "fine-tune")
    form.add_field("validation_of", training)
    held_out = lines(chat("What is 3 plus 3?", "Surely 6, my dear."), chat("Is it raining?", "It is, my dear."))
    form.add_field("file", held_out, filename="valid.jsonl")
    file_id = (await own.call("POST", "/files", data=form)).id
    await own.house.start_worker()
    await checked(own, file_id)
    report = (await own.get(f"/files/{file_id}/report")).body
    assert [(one["code"], one["line"]) for one in report["findings"] if one["code"].startswith("leaked")] == [
        ("leaked_example", 1)
    ]
    assert report["quality"]["leakage"]["examples"] == 1


@pytest.mark.parametrize(
    ("training", "does", "why"),
    [
        (chats(40), "DELETE", "was deleted before this file was checked"),
        (b"question,answer\nWhat?,That.\n", "GET", "holds no example that can be read"),
    ],
)
async def test_a_training_file_that_cannot_be_looked_into_is_named(
    own: Api, training: bytes, does: str, why: str
) -> None:
    training_id = (await own.upload(training)).id
    form = aiohttp.FormData()
    form.add_field("purpose", "fine-tune")
    form.add_field("validation_of", training_id)
    form.add_field("file", chats(12), filename="valid.jsonl")
    file_id = (await own.call("POST", "/files", data=form)).id
    await own.call(does, f"/files/{training_id}")
    await own.house.start_worker()
    (file,) = await checked(own, file_id)
    assert file["status"] == "processed"
    report = (await own.get(f"/files/{file_id}/report")).body
    said = [one["message"] for one in report["findings"] if one["code"] == "leakage_not_checked"]
    assert said == [f"the training file {training_id} {why}, so nobody looked whether examples here stand in it too."]
    assert report["quality"]["leakage"] is None


async def test_the_sdk_hands_metadata_and_the_training_file_in_by_its_extra_body(own: Api) -> None:
    async with openai.AsyncOpenAI(base_url=own.house.url, api_key=own.house.key) as client:
        training = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
        extra = {"metadata": {"team": "bots"}, "validation_of": training.id}
        made = await client.files.create(file=("valid.jsonl", chats(3)), purpose="fine-tune", extra_body=extra)
    assert made.model_extra == extra


async def test_the_halves_of_a_split_do_not_leak(own: Api) -> None:
    await own.house.start_worker()
    source = (await own.upload(chats(60))).id
    made = (await own.post(f"/files/{source}/split", {"test_fraction": 0.3})).body
    await checked(own, made["train"]["id"], made["test"]["id"])
    report = (await own.get(f"/files/{made['test']['id']}/report")).body
    assert report["quality"]["leakage"] == {"examples": 0, "prompts": 0, "near": 0}


async def test_how_far_a_check_is_stands_in_the_file_while_it_runs(own: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "_EVERY_SECONDS", 0.01)
    runtime = own.house.runtime
    file_id = (await own.upload()).id
    assert "progress" not in (await own.get(f"/files/{file_id}")).body
    lease = await leased(runtime, "dataset.validate", file_id)
    async with runtime.begin() as session:
        dataset = await session.get_one(Dataset, file_id)

    async def shown() -> dict[str, int] | None:
        progress: dict[str, int] | None = (await own.get(f"/files/{file_id}")).body.get("progress")
        return progress

    async with telling.told(runtime, lease, dataset) as progress:
        await asyncio.to_thread(progress.note, 100, 3)
        assert await until(shown) == {"bytes": 100, "lines": 3, "of": dataset.bytes}
