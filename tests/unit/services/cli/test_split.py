"""`tuneyard split` as a person and as a script see it."""

import gzip
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
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
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


def test_the_names_of_a_packed_file_s_sides_are_those_of_the_plain_one(data: Path) -> None:
    packed = data.with_suffix(".jsonl.gz")
    packed.write_bytes(gzip.compress(DATA))
    assert run(str(packed), "--test-count", "12").exit_code == 0
    assert len(data.with_suffix(".test.jsonl").read_bytes().splitlines()) == 12


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"messages": [', "Line 2 is no example: column 15: a JSON value was expected; found the end of the line."),
        (b"[1]", "Line 2 is no example: a line must be a JSON object; it is an array."),
        (b"\xff", "Line 2 is no example: byte 0 of the line (0xff) is not UTF-8. Save the file as UTF-8."),
        (
            b'{"text": 1}',
            'Line 2 is no example: nothing in it is learned; an example has "messages" with an answer, or a',
        ),
        (b'{"messages": [{"role": "user", "content": "Hi"}]}', "Line 2 is no example: nothing in it is learned;"),
    ],
)
def test_a_line_that_is_no_example_is_told_in_the_words_of_the_check(data: Path, line: bytes, said: str) -> None:
    data.write_bytes(DATA.splitlines(keepends=True)[0] + line + b"\n" + DATA)
    result = run(str(data), "--test-count", "12")
    assert (result.exit_code, [path.name for path in data.parent.iterdir()]) == (2, ["data.jsonl"])
    assert said in result.stderr
    assert "`tuneyard check` finds all there is." in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Say how much is to be tested"),
        (["--test-fraction", "-0.1"], "A fraction lies between 0 and 1; it is -0.1."),
        (["--test-fraction", "0.2", "--test-count", "2"], "not both"),
        (["--test-count", "55"], "The file has 60 examples; 10 must stay to train on, beside 55 to test."),
        (["--test-count", "5", "--train", "same", "--test", "same"], "The two sides need two files."),
        (
            ["--test-count", "5", "--train", "data.jsonl", "--force"],
            "data.jsonl is the file that is read. Name another.",
        ),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(data: Path, words: list[str], said: str) -> None:
    result = run(str(data), *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert sorted(path.name for path in data.parent.iterdir()) == ["data.jsonl"]


def test_what_is_asked_for_is_looked_at_before_what_is_there(data: Path) -> None:
    data.with_suffix(".train.jsonl").write_bytes(b"")
    assert "Say how much is to be tested" in run(str(data)).stderr


def test_two_names_of_one_file_are_no_two_sides(data: Path) -> None:
    one = data.parent / "one.jsonl"
    result = run(
        str(data), "--test-count", "12", "--force", "--train", str(one), "--test", f"{data.parent}/./one.jsonl"
    )
    assert result.exit_code == 2 and "need two files" in result.stderr and not one.exists()
