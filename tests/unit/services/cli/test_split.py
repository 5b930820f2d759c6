"""`tuneyard split` as a person and as a script see it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli.main import app
from tests.conftest import chats

DATA = chats(60)


def run(*words: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["split", *words], input=given)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.jsonl"
    path.write_bytes(DATA)
    return path


def test_two_files_appear_beside_the_one(data: Path) -> None:
    result = run(str(data), "--test-count", "12")
    assert (result.exit_code, result.stdout) == (0, "")
    train, test = (data.with_suffix(f".{side}.jsonl").read_bytes().splitlines() for side in ("train", "test"))
    assert (len(train), len(test)) == (48, 12)
    assert sorted(train + test) == sorted(DATA.splitlines())
    assert data.read_bytes() == DATA
    assert result.stderr.splitlines() == [
        "60 examples, 60 different questions",
        f"train  48 in {data.with_suffix('.train.jsonl')}",
        f"test   12 (20.0%) in {data.with_suffix('.test.jsonl')}",
    ]


def test_the_counts_are_json_when_asked_for_and_standard_input_needs_names(tmp_path: Path) -> None:
    names = ["--train", str(tmp_path / "a"), "--test", str(tmp_path / "b")]
    result = run("-", "--test-fraction", "0.2", "--json", *names, given=DATA)
    counts = json.loads(result.stdout)
    assert counts["train"]["examples"] + counts["test"]["examples"] == 60
    assert "say --train FILE --test FILE" in run("-", "--test-count", "3", given=DATA).stderr


def test_nothing_is_overwritten_and_nothing_half_written(data: Path) -> None:
    theirs = data.with_suffix(".test.jsonl")
    theirs.write_text("mine")
    result = run(str(data), "--test-count", "12")
    assert (result.exit_code, theirs.read_text()) == (2, "mine")
    assert not data.with_suffix(".train.jsonl").exists()
    assert run(str(data), "--test-count", "12", "--force").exit_code == 0
    assert len(theirs.read_text().splitlines()) == 12


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Say how much is to be tested"),
        (["--test-fraction", "-0.1"], "A fraction lies between 0 and 1; it is -0.1."),
        (["--test-fraction", "0.2", "--test-count", "2"], "not both"),
        (["--test-count", "55"], "The file has 60 examples; 10 must stay to train on, beside 55 to test."),
        (["--test-count", "5", "--train", "same", "--test", "same"], "The two sides need two files."),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(data: Path, words: list[str], said: str) -> None:
    result = run(str(data), *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert sorted(path.name for path in data.parent.iterdir()) == ["data.jsonl"]
