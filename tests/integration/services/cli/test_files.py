"""`tuneyard files` against a running service: hand in, judge, price, split, convert, and the project's policy"""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner, Result

from services.cli.main import app
from shared.datasets.uploads import stored_as
from tests.conftest import House, chats, lines


@pytest.fixture(autouse=True)
def _logs_elsewhere() -> Iterator[None]:
    """The gateway's lines of log are of this process too, and not what the command prints."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.__stderr__))
    yield
    structlog.reset_defaults()


class Terminal:
    """Commands in a thread of their own, for each starts a loop."""

    def __init__(self, house: House, folder: Path) -> None:
        self._environment = {"TUNEYARD_BASE_URL": house.url, "TUNEYARD_API_KEY": house.key}
        self.folder = folder

    async def files(self, *words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ["files", *words], env=self._environment)

    async def upload(self, data: bytes, name: str = "train.jsonl") -> dict[str, Any]:
        (self.folder / name).write_bytes(data)
        sent = await self.files("upload", str(self.folder / name), "--json")
        shown: dict[str, Any] = json.loads(sent.stdout)
        return shown


@pytest.fixture
async def terminal(house: House, tmp_path: Path) -> Terminal:
    await house.start_worker()
    return Terminal(house, tmp_path)


async def test_a_file_is_handed_in_judged_priced_and_listed(terminal: Terminal) -> None:
    file = await terminal.upload(chats(40))
    assert file["status"] == "processed"
    shown = await terminal.files("check", file["id"])
    assert (shown.exit_code, shown.stdout.splitlines()[0].split(" · ")[:3]) == (
        0,
        ["train.jsonl", "chat", "40 examples"],
    )
    price = await terminal.files("estimate", file["id"], "-m", "gpt-4o-mini", "--epochs", "2")
    assert "tokens × 2 epochs × $3.00 per 1M tokens = $" in price.stdout
    listed = (await terminal.files("list")).stdout.splitlines()
    assert [line.split("\t")[:2] for line in listed] == [[file["id"], "processed"]]
    assert (await terminal.files("get", file["id"])).stdout.splitlines() == listed


async def test_a_file_with_errors_exits_with_1(terminal: Terminal) -> None:
    (terminal.folder / "bad.jsonl").write_bytes(chats() + lines({"messages": []}))
    sent = await terminal.files("upload", str(terminal.folder / "bad.jsonl"))
    assert (sent.exit_code, "line 13" in sent.stdout) == (1, True)
    file_id = sent.stdout.split("\t")[0]
    judged = await terminal.files("check", file_id, "--json")
    assert (judged.exit_code, json.loads(judged.stdout)["valid"]) == (1, False)


async def test_a_split_and_a_conversion_are_waited_for(terminal: Terminal) -> None:
    file = await terminal.upload(chats(40))
    made = await terminal.files("split", file["id"], "--test-count", "8")
    assert [line.split("\t")[1] for line in made.stdout.splitlines()] == ["processed", "processed"]
    assert all(f"split of {file['id']}" in line for line in made.stdout.splitlines())
    table = await terminal.upload(b"q,a\n" + b"".join(b"Q%d,A%d\n" % (n, n) for n in range(12)), "faq.csv")
    assert table["status"] == "error"
    turned = await terminal.files("convert", table["id"], "--map", "user=q,assistant=a")
    assert (turned.exit_code, turned.stdout.split("\t")[1::2]) == (0, ["processed", "faq.chat.jsonl"])


async def test_what_ends_legacy_texts_can_be_named(terminal: Terminal, house: House) -> None:
    pairs = await terminal.upload(lines(*({"prompt": f"Q{n} ??\n", "completion": f" A{n} !!"} for n in range(12))))
    made = await terminal.files("convert", pairs["id"], "--separator", " ??\\n", "--stop", " !!", "--json")
    assert json.loads(made.stdout)["derivation"]["separator"] == " ??\n"
    content = b"".join(house.runtime.storage.read(stored_as(json.loads(made.stdout)["id"])))
    assert json.loads(content.splitlines()[0])["messages"] == [
        {"role": "user", "content": "Q0"},
        {"role": "assistant", "content": "A0"},
    ]


async def test_a_policy_is_set_from_the_file_that_the_check_takes(terminal: Terminal) -> None:
    policy = terminal.folder / "policy.toml"
    policy.write_text('[codes]\nblank_line = "error"\n[thresholds]\nadvised_examples = 12\n')
    assert (await terminal.files("policy")).stdout.startswith("# The defaults")
    shown = await terminal.files("policy", "--set", str(policy))
    assert shown.stdout.splitlines() == policy.read_text().splitlines()
    assert (await terminal.upload(chats(12) + b"\n"))["status"] == "error"
    policy.write_text("[codes]\nblank = 1\n")
    refused = await terminal.files("policy", "--set", str(policy))
    assert (refused.exit_code, "codes.blank" in refused.stderr) == (2, True)


async def test_what_the_service_refuses_is_told_with_exit_code_2(terminal: Terminal) -> None:
    for words, said in (
        (["get", "file-nowhere"], "No such File object"),
        (["split", "file-nowhere", "--test-fraction", "2"], "A fraction lies between 0 and 1"),
        (["convert", "file-nowhere", "--map", "user"], "not of the form ROLE=COLUMN"),
    ):
        result = await terminal.files(*words)
        assert (result.exit_code, said in result.stderr) == (2, True), result.output
