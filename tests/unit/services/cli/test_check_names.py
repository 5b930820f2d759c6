"""`tuneyard check` of files whose names a terminal, a log or an address cannot hold as they are"""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli.main import app
from tests.conftest import chats


def check(*words: str) -> Result:
    return CliRunner().invoke(app, ["check", *words])


@pytest.mark.parametrize(
    ("name", "uri", "shown"),
    [
        (b"lat\xe9.jsonl", "lat%E9.jsonl", r"lat\udce9.jsonl"),  # As an old Windows wrote it.
        (b"a\n::error::b.jsonl", "a%0A%3A%3Aerror%3A%3Ab.jsonl", r"a\u000a::error::b.jsonl"),
        (b"red\x1b[31m.jsonl", "red%1B%5B31m.jsonl", r"red\u001b[31m.jsonl"),
    ],
)
def test_any_name_that_a_file_can_have_is_told_on_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: bytes, uri: str, shown: str
) -> None:
    path = os.fsdecode(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / path).write_bytes(chats(60))
    (artifact,) = json.loads(check(path, "--format", "sarif").stdout)["runs"][0]["artifacts"]
    assert artifact["location"]["uri"] == uri
    assert check(path).stdout.startswith(f"{shown} · ")
    assert check(path, "--format", "github").stdout.splitlines()[-1].startswith(f"{shown}: 60 examples")
