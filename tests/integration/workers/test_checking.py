"""Big files hold up nobody, and a check ends when its worker does."""

import asyncio
import multiprocessing
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest
from sqlalchemy import text

from shared.datasets.report import Report
from shared.datasets.scan import ProcessDied
from shared.datasets.tables import Dataset
from shared.db.database import sql
from shared.settings import Settings
from shared.storage.store import Storage
from tests.conftest import House, chats, until
from workers import telling
from workers.app import working
from workers.checking import Checks
from workers.runner import Runner
from workers.steps import STEPS


class Endless(Storage):
    """Gives a file that never ends."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.given = threading.Event()

    def read(self, name: str) -> Iterator[bytes]:
        del name
        while True:
            yield chats(1)
            self.given.set()


class Counting(Storage):
    """Remembers what was read."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.read_names: list[str] = []

    def read(self, name: str) -> Iterator[bytes]:
        self.read_names.append(name)
        return super().read(name)


async def test_twelve_files_in_the_check_hold_up_no_look_up_of_a_name_and_end_when_they_are_told(
    tmp_path: Path,
) -> None:
    storage, checks = Endless(f"file://{tmp_path}"), Checks(2)
    dataset = Dataset(id="file-1", project_id="proj-1", bytes=0, stored_as="x")
    running = [asyncio.create_task(checks.report(storage, dataset, model=None)) for _ in range(12)]
    async with asyncio.timeout(10):
        await asyncio.to_thread(storage.given.wait)
        await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await checks.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("check")]
    assert not multiprocessing.active_children()


async def test_told_to_stop_in_a_check_the_worker_hands_the_file_to_a_peer(house: House, settings: Settings) -> None:
    storage = Endless(settings.storage_url)
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key) as client:
        file = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
        query = "SELECT id, lease_until, attempt FROM work_items WHERE kind = 'dataset.validate'"
        async with house.runtime.database.begin() as session:
            item = (await sql(session, text(query))).one()
        runner = Runner(replace(house.runtime, storage=storage), STEPS)
        async with asyncio.timeout(10):
            runner.begin(item.id)
            await asyncio.to_thread(storage.given.wait)
            await runner.drain(0.05)
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("check")]
        async with house.runtime.database.begin() as session:
            assert (await sql(session, text(query))).one() == (item.id, None, 0)
        await house.start_worker()

        async def checked() -> bool:
            return (await client.files.retrieve(file.id)).status == "processed"

        await until(checked)


class Dying(Checks):
    """Its processes die on every file."""

    async def report(self, storage: Storage, dataset: Dataset, **asked: Any) -> Report:
        del storage, dataset, asked
        raise ProcessDied(40, 90, -9)


async def test_a_file_that_ends_whoever_looks_at_it_says_so_and_fails_the_third_time(house: House) -> None:
    runner = Runner(house.runtime, STEPS)
    runner.checks = Dying(1)
    query = "SELECT id FROM work_items WHERE kind = 'dataset.validate'"
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key) as client:
        file = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
        async with house.runtime.database.begin() as session:
            item = (await sql(session, text(query))).scalar_one()
        told = []
        for _ in range(3):
            async with house.runtime.database.begin() as session:
                await sql(session, text("UPDATE work_items SET run_at = created_at"))
            await runner.run(item)
            shown = await client.files.retrieve(file.id)
            told.append((shown.status, (shown.model_extra or {}).get("progress")))
        await runner.drain(1)
    died = str(ProcessDied(40, 90, -9))
    start = {"bytes": 0, "lines": 0, "of": file.bytes}
    assert told == [
        ("uploaded", {**start, "trying_again": f"Try 1 of 3 ended early: {died}"}),
        ("uploaded", {**start, "trying_again": f"Try 2 of 3 ended early: {died}"}),
        ("error", None),
    ]
    assert shown.status_details == f"The file could not be read: Given up after 3 tries: {died}"


async def test_a_death_counts_though_it_cannot_be_told_of(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> None:
        raise ConnectionResetError("the database is away")

    monkeypatch.setattr(telling, "sql", away)
    runner = Runner(house.runtime, STEPS)
    runner.checks = Dying(1)
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key) as client:
        await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
    async with house.runtime.database.begin() as session:
        item = (await sql(session, text("SELECT id FROM work_items WHERE kind = 'dataset.validate'"))).scalar_one()
    await runner.run(item)
    async with house.runtime.database.begin() as session:
        assert (await sql(session, text("SELECT deaths FROM work_items WHERE id = :id"), id=item)).scalar_one() == 1


@pytest.mark.parametrize(
    ("model", "epochs", "reads", "remark"),
    [
        ("gpt-4o-mini", 2, 2, "the report has its tokens: each file is read once, for its own sake"),
        ("gpt-3.5-turbo", 2, 3, "it counts tokens in another encoding: what is trained on is read for it"),
    ],
)
async def test_a_job_reads_its_file_only_for_what_the_report_does_not_say(
    house: House, settings: Settings, model: str, epochs: int, reads: int, remark: str
) -> None:
    storage = Counting(settings.storage_url)
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key) as client:
        training = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
        held_out = await client.files.create(file=("held.jsonl", chats(3)), purpose="fine-tune")
        job = await client.fine_tuning.jobs.create(
            training_file=training.id,
            validation_file=held_out.id,
            model=model,
            hyperparameters={"n_epochs": epochs},
        )

        async def priced() -> dict[str, object] | None:
            found = (await client.fine_tuning.jobs.retrieve(job.id)).model_extra or {}
            assert found["stage"] != "failed"
            estimate: dict[str, object] | None = found.get("estimate")
            return estimate

        async with working(replace(house.runtime, storage=storage)):
            estimate = await until(priced)
        assert len(storage.read_names) == reads, remark
        assert estimate["n_epochs"] == epochs and estimate["tokens_per_epoch"]
