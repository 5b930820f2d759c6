"""What survives the death of the trainer's process, and what dies with it."""

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.services.trainer.conftest import Process, Trainer

ASKED: dict[str, Any] = {"seed": 3, "hyperparameters": {"n_epochs": 4, "batch_size": 4}}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def spoil(folder: Path) -> None:
    for weights in folder.iterdir():
        weights.write_bytes(b"broken")


async def steps(trainer: "Trainer", job_id: str) -> list[str]:
    return [text for text in await trainer.messages(job_id) if text.startswith("Step ")]


async def result(trainer: "Trainer", file_id: str) -> bytes:
    return (await trainer.client.files.content(file_id)).content


async def test_a_job_killed_again_and_again_ends_as_if_nothing_had_happened(
    process: "Callable[..., Process]",
) -> None:
    server = process(step_delay="0.05")
    trainer = await server.begin()
    undisturbed = await trainer.trained(**ASKED)
    job = await trainer.create(**ASKED)
    behind = await trainer.create(training_file=undisturbed.training_file)
    for seen in (2, 5):
        async with asyncio.timeout(20):
            while len(await steps(trainer, job.id)) < seen:
                await asyncio.sleep(0.01)
            await server.end(signal.SIGKILL)
        trainer = await server.begin()
    ended = await trainer.ended(job.id)
    assert ended.status == "succeeded"
    told = await trainer.messages(job.id)
    assert len(told) == len(set(told))
    assert len(await steps(trainer, job.id)) == 12
    assert await result(trainer, ended.result_files[0]) == await result(trainer, undisturbed.result_files[0])
    kept = [one.step_number async for one in trainer.client.fine_tuning.jobs.checkpoints.list(job.id)]
    assert kept == [12, 9, 6]
    for name in (ended.fine_tuned_model, undisturbed.fine_tuned_model):
        assert await trainer.say(str(name)) == "Madrid, obviously. Everyone knows that."
    await trainer.until(behind.id, lambda job: job.status in ("running", "succeeded"))


async def test_the_training_process_dies_with_its_parent(process: "Callable[..., Process]") -> None:
    server = process(step_delay="2")
    trainer = await server.begin()
    job = await trainer.create()
    await trainer.until(job.id, lambda job: job.status == "running")
    async with asyncio.timeout(10):
        while not (children := server.children()):
            await asyncio.sleep(0.01)
    await server.end(signal.SIGKILL)
    async with asyncio.timeout(5):
        while any(alive(child) for child in children):
            await asyncio.sleep(0.01)


async def test_sigterm_stops_at_once_and_a_running_job_goes_on_at_the_next_start(
    process: "Callable[..., Process]",
) -> None:
    server = process(step_delay="0.05")
    trainer = await server.begin()
    job = await trainer.create(**ASKED)
    await trainer.until(job.id, lambda job: job.status == "running")
    async with asyncio.timeout(8):
        assert await server.end(signal.SIGTERM) == 0
    server.environment["TUNEYARD_TRAINER_STEP_DELAY"] = "0"
    trainer = await server.begin()
    assert (await trainer.ended(job.id)).status == "succeeded"


async def test_a_training_process_that_is_killed_is_started_again(process: "Callable[..., Process]") -> None:
    server = process(step_delay="0.05")
    trainer = await server.begin()
    job = await trainer.create(**ASKED)
    async with asyncio.timeout(20):
        while len(await steps(trainer, job.id)) < 4:
            await asyncio.sleep(0.01)
    for child in server.children():
        os.kill(child, signal.SIGKILL)
    assert (await trainer.ended(job.id)).status == "succeeded"
    assert len(await steps(trainer, job.id)) == 12


async def test_weights_that_cannot_be_read_fail_the_job_with_a_reason(
    process: "Callable[..., Process]",
) -> None:
    server = process(queue_delay="0.3")
    trainer = await server.begin()
    tuned = await trainer.trained()
    job = await trainer.create(model=tuned.fine_tuned_model, training_file=tuned.training_file)
    spoil(server.folder / "starts")
    ended = await trainer.ended(job.id)
    assert ended.status == "failed"
    assert ended.error is not None
    assert ended.error.code == "server_error"
    assert "Submit the job again" in ended.error.message


async def test_a_base_whose_weights_were_damaged_answers_as_before_after_a_start(
    process: "Callable[..., Process]",
) -> None:
    server = process()
    said = await (await server.begin()).say("gpt-4o-mini", "Who are you?")
    await server.end(signal.SIGTERM)
    spoil(server.folder / "bases")
    assert await (await server.begin()).say("gpt-4o-mini", "Who are you?") == said
