"""`tuneyard run` against a gateway over real servers."""

import asyncio
import json
import os
import pty
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlmodel import select

from services.cli.run.client import open_client
from services.cli.run.connection import Connection
from shared import catalogue
from shared.catalogue.retirement import notice
from shared.jobs.tables import Job
from tests.conftest import PATIENCE_SECONDS, House, chats, lines
from tests.integration.services.cli.run_process import environment, run

MODEL = "gpt-4o-mini-2024-07-18"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.jsonl").write_bytes(chats(12))
    # The first of it was trained on.
    (tmp_path / "valid.jsonl").write_bytes(chats(1) + chats(24)[len(chats(12)) :])
    (tmp_path / "bad.jsonl").write_bytes(chats() + lines({"messages": [{"role": "user", "content": "And?"}]}))
    pairs = ({"prompt": f"{n} ->", "completion": f" {n + 1}"} for n in range(12))
    (tmp_path / "pairs.jsonl").write_bytes(lines(*pairs))
    return tmp_path


async def test_a_file_becomes_a_model_and_a_pipe_gets_plain_lines(house: House, folder: Path) -> None:
    await house.start_worker()
    words = ("train.jsonl", "-m", MODEL, "--validation", "valid.jsonl", "--epochs", "2", "--suffix", "sums", "--yes")
    ended = await run(house, folder, *words)
    assert ended.code == 0, ended.err
    assert ended.out.startswith(f"ft:{MODEL}:") and ":sums:" in ended.out and ended.out.count("\n") == 1
    assert "\x1b" not in ended.err + ended.out and "\r" not in ended.err
    assert house.key not in ended.err
    for word in (
        "Sent       train.jsonl",
        "train.jsonl · chat · 12 examples",
        "2 epochs × $3.00 per 1M tokens = $",
        "(estimate; prices of ",
        _retirement(),
        "queued: the provider has the job",
        "succeeded: ",
        "in 24 steps; on the validation file ",
        "valid.jsonl · chat · 13 examples",
        "warning leaked_example: line 1: the example stands in line 1 of the training file too.",
        '-H "Authorization: Bearer $TUNEYARD_API_KEY"',
        '"What is 0 plus 0?"',
    ):
        assert word in ended.err, f"{word!r} is not in:\n{ended.err}"


async def test_json_lines_are_objects_of_the_api_and_the_last_is_the_job(house: House, folder: Path) -> None:
    await house.start_worker()
    ended = await run(house, folder, "train.jsonl", "-m", MODEL, "--epochs", "1", "--yes", "--json", "--name", "n")
    said = [json.loads(line) for line in ended.out.splitlines()]
    kinds = [one["object"] for one in said]
    assert kinds[:4] == ["file", "dataset.report", "estimate", "fine_tuning.job"]
    assert (kinds[-1], said[-1]["status"], said[-1]["metadata"]) == ("fine_tuning.job", "succeeded", {"name": "n"})
    events = [one for one in said if one["object"] == "fine_tuning.job.event"]
    assert [one["data"]["step"] for one in events if one["type"] == "metrics"] == list(range(1, 13))
    assert len({one["id"] for one in events}) == len(events) == len(said) - 5
    assert (ended.code, ended.err) == (0, "")


async def test_a_file_with_errors_makes_no_job(house: House, folder: Path) -> None:
    await house.start_worker()
    ended = await run(house, folder, "bad.jsonl", "-m", MODEL, "--yes")
    assert (ended.code, ended.out) == (1, "")
    assert "bad.jsonl has errors; no job was created. First: " in ended.err and "line 13" in ended.err
    assert "hint:  correct what is named" in ended.err
    as_json = await run(house, folder, "bad.jsonl", "-m", MODEL, "--yes", "--json")
    said = [json.loads(line) for line in as_json.out.splitlines()]
    assert said[-2]["valid"] is False and said[-1]["error"]["code"] == "dataset_has_errors"
    assert as_json.code == 1


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (("pairs.jsonl",), "pairs.jsonl"),
        (("train.jsonl", "--validation", "pairs.jsonl"), "pairs.jsonl"),  # the other file suits
    ],
)
async def test_a_file_that_does_not_suit_the_model_is_refused_before_the_price(
    house: House, folder: Path, words: tuple[str, ...], file: str
) -> None:
    await house.start_worker()
    ended = await run(house, folder, *words, "-m", MODEL, "--yes")
    assert (ended.code, ended.out) == (1, "")
    assert f"{file} has errors; no job was created. First: the file holds " in ended.err
    assert "error format_not_taken: " in ended.err and "Not valid: 1 error" in ended.err
    assert "Cost" not in ended.err
    assert "--method supervised" in ended.err
    assert ("--for-validation` finds the same" in ended.err) == ("--validation" in words)
    async with house.runtime.begin() as session:
        assert (await session.exec(select(Job))).all() == []


async def test_a_job_that_fails_says_why_once(house: House, folder: Path) -> None:
    await house.start_worker()
    async with open_client(Connection(house.url, house.key, "a test", "a test", "$KEY")) as client:
        file = await client.upload(folder / "pairs.jsonl", lambda _done: None)
        job = await client.post("/fine_tuning/jobs", {"model": MODEL, "training_file": file["id"]})
    ended = await run(house, folder, "--follow", job["id"])
    assert (ended.code, ended.out) == (1, "")
    assert "error: ftjob-" in ended.err and "hint:  correct" in ended.err
    assert ended.err.count("does not suit the model") == 1
    as_json = await run(house, folder, "--follow", job["id"], "--json")
    last = json.loads(as_json.out.splitlines()[-1])
    assert (as_json.code, last["status"], last["error"]["code"]) == (1, "failed", "invalid_training_file")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("train.jsonl", "-m", "gpt-4o-mimi", "--yes"), 2, "did you mean gpt-4o-mini"),  # the service knows its models
        (("train.jsonl", "-m", MODEL), 2, "no terminal to ask at"),
        (("none.jsonl", "-m", MODEL, "--yes"), 2, "none.jsonl does not exist"),
        (("train.jsonl", "--yes"), 2, "--model is missing"),
        (("train.jsonl", "-m", MODEL, "--epochs", "0", "--yes"), 2, "--epochs"),
        (("--follow", "ftjob-none"), 2, "ftjob-none"),
    ],
)
async def test_wrong_usage_costs_no_upload(
    house: House, folder: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    ended = await run(house, folder, *words)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err and "Traceback" not in ended.err
    assert "Sent" not in ended.err


async def test_an_unreachable_service_is_told_with_how_to_start_it(house: House, folder: Path) -> None:
    words, nobody = ("train.jsonl", "-m", MODEL, "--yes"), "http://127.0.0.1:1/v1"
    ended, as_json = await asyncio.gather(
        run(house, folder, *words, url=nobody), run(house, folder, *words, "--json", url=nobody)
    )
    assert (ended.code, ended.out) == (3, "")
    assert "(from TUNEYARD_BASE_URL) cannot be reached" in ended.err and "tuneyard up" in ended.err
    assert as_json.code == 3
    assert json.loads(as_json.out)["error"]["retryable"] is True


async def test_a_terminal_asks_and_draws(house: House, folder: Path) -> None:
    await house.start_worker()
    async with _in_a_terminal(house, folder) as (process, terminal):
        asked = await asyncio.to_thread(_read_until, terminal, b"[y/N]")
        os.write(terminal, b"y\n")
        drawn = (await asyncio.to_thread(_read_until, terminal, None)).decode()
        assert await process.wait() == 0, drawn
    assert b"(estimate; prices of" in asked
    assert "training loss" in drawn and any(0x2800 < ord(character) < 0x2900 for character in drawn)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", drawn).rstrip().splitlines()
    assert sum(line.startswith(f"Model      ft:{MODEL}:") for line in plain) == 1
    assert plain[-1].startswith("Try it     curl ")  # the bare name is for a pipe


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (b"nay\n", 1, "was not answered with yes"),  # only y and yes are
        (b"\n", 1, "was not answered with yes"),
        (signal.SIGINT, 130, "No job was created."),
    ],
)
async def test_without_a_yes_there_is_no_job(
    house: House, folder: Path, answer: bytes | signal.Signals, code: int, said: str
) -> None:
    await house.start_worker()
    async with _in_a_terminal(house, folder) as (process, terminal):
        await asyncio.to_thread(_read_until, terminal, b"[y/N]")
        if isinstance(answer, bytes):
            os.write(terminal, answer)
        else:
            process.send_signal(answer)
        rest = (await asyncio.to_thread(_read_until, terminal, None)).decode()
        assert await process.wait() == code
    assert said in rest
    async with house.runtime.begin() as session:
        assert (await session.exec(select(Job))).all() == []


def _retirement() -> str:
    base = catalogue.find(MODEL)
    assert base is not None
    return notice(base) or ""  # empty until 60 days before the end


@asynccontextmanager
async def _in_a_terminal(house: House, folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli.main", "run", "train.jsonl", "-m", MODEL),
        cwd=folder,
        env={**environment(house.url, house.key), "TERM": "xterm-256color", "CI": ""},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield process, ours
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(ours)


def _read_until(terminal: int, word: bytes | None) -> bytes:
    read = b""
    while word is None or word not in read:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the other end was closed
            break
        if not piece:
            break
        read += piece
    return read
