"""Ctrl-C leaves the job running, --detach never watches, and --follow attaches to both."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from services.cli.run.client import open_client
from services.cli.run.connection import Connection
from services.trainer.app import build_app
from services.trainer.config import TrainerConfig
from tests.conftest import PATIENCE_SECONDS, House, chats
from tests.integration.services.cli.run_process import environment, run, running

MODEL = "gpt-4o-mini-2024-07-18"
ORDER = ("train.jsonl", "-m", MODEL, "--epochs", "3", "--yes")


@pytest.fixture
async def trainer(tmp_path: Path) -> AsyncIterator[TestServer]:
    # 36 steps of 0.1 s: long enough to be interrupted.
    server = TestServer(build_app(TrainerConfig(data_dir=tmp_path / "trainer", step_delay=0.1)))
    async with server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.jsonl").write_bytes(chats(12))
    return tmp_path


async def test_ctrl_c_leaves_the_job_and_follow_takes_it_up_again(house: House, folder: Path) -> None:
    await house.start_worker()
    async with running(house, folder, *ORDER) as started:
        job_id = (await started.wait_for_line("Job        ftjob-")).split()[1]
        await started.wait_for_line("running: ")
        started.process.send_signal(signal.SIGINT)
        left = await started.ended()
    assert (left.code, left.out) == (130, "")
    assert f"Stopped watching. {job_id} goes on" in left.err
    assert f"tuneyard run --follow {job_id}" in left.err and f"/fine_tuning/jobs/{job_id}/cancel" in left.err
    assert "Traceback" not in left.err
    followed = await run(house, folder, "--follow", job_id)
    assert followed.code == 0, followed.err
    assert followed.out.startswith(f"ft:{MODEL}:")
    assert "in 36 steps" in followed.err


async def test_ctrl_c_before_the_job_says_that_there_is_none(house: House, folder: Path) -> None:
    async with running(house, folder, *ORDER) as started:
        await started.wait_for_line("Checking")  # for ever: nobody works
        started.process.send_signal(signal.SIGINT)
        left = await started.ended()
    assert left.code == 130
    assert left.err.endswith("Stopped. No job was created.\n")


async def test_detach_prints_the_id_and_a_cancelled_job_is_no_success(house: House, folder: Path) -> None:
    await house.start_worker()
    detached = await run(house, folder, *ORDER, "--detach")
    job_id = detached.out.strip()
    assert detached.code == 0 and job_id.startswith("ftjob-")
    async with running(house, folder, "--follow", job_id) as started:
        await started.wait_for_line("running: ")
        assert (await _cancel(house, job_id)) == 200
        ended = await started.ended()
    assert (ended.code, ended.out) == (1, "")
    assert f"{job_id} was cancelled" in ended.err


async def _cancel(house: House, job_id: str) -> int:
    headers = {"Authorization": f"Bearer {house.key}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{house.url}/fine_tuning/jobs/{job_id}/cancel") as response,
    ):
        return response.status


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full is a device of Linux")
async def test_a_disk_that_fills_up_is_one_sentence_and_the_job_is_named(house: House, tmp_path: Path) -> None:
    async with open_client(Connection(house.url, house.key, "a test", "a test", "$KEY")) as client:
        (tmp_path / "train.jsonl").write_bytes(chats())
        file = await client.upload(tmp_path / "train.jsonl", lambda _done: None)
        job = await client.post("/fine_tuning/jobs", {"model": MODEL, "training_file": file["id"]})
    process = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", '"$@" > /dev/full', "sh", sys.executable, "-m", "services.cli.main"),
        *("run", "--follow", job["id"], "--json"),
        env=environment(house.url, house.key),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        _, err = await process.communicate()
    assert process.returncode == 1
    follow, sentence = err.decode().splitlines()
    assert follow == f"{job['id']} goes on: tuneyard run --follow {job['id']}"
    assert sentence.startswith("error: the output could not be written: no space left on device.")
