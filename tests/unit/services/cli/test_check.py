"""`tuneyard check` as a person and as a script see it."""

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from services.cli import report_view
from services.cli.main import app

EXAMPLES = Path(report_view.__file__).parent / "examples"
CAPITALS = str(EXAMPLES / "capitals.jsonl")
CHAT = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n'
BAD = CHAT.replace("assistant", "user")


def run(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, ["check", *words], input=given)


def test_the_shipped_dataset_is_valid_without_a_warning() -> None:
    result = run(CAPITALS, "--model", "gpt-4o-mini")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].endswith("capitals.jsonl · chat · 60 examples · 20,771 bytes · for gpt-4o-mini-2024-07-18")
    assert lines[-1] == "Valid: 0 errors, 0 warnings, 0 notes."
    assert "3,717 tokens × 3 epochs × $3.00 per 1M tokens = $0.033" in result.output
    assert "█" in result.output


def test_the_shipped_validation_file_is_valid_and_shares_no_question_with_the_training() -> None:
    result = run(str(EXAMPLES / "capitals_valid.jsonl"), "-m", "gpt-4o-mini", "--for-validation")
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "Valid: 0 errors, 0 warnings, 0 notes.")
    asked = [
        [json.loads(line)["messages"][1]["content"] for line in (EXAMPLES / name).read_text("utf-8").splitlines()]
        for name in ("capitals.jsonl", "capitals_valid.jsonl")
    ]
    assert [len(one) for one in asked] == [60, 12]
    assert len({*asked[0], *asked[1]}) == 72


def test_the_shipped_answers_are_short() -> None:
    from shared.datasets.tokens import TokenCounter  # noqa: PLC0415

    count = TokenCounter("o200k_base").text
    for name in ("capitals.jsonl", "capitals_valid.jsonl"):
        for line in (EXAMPLES / name).read_text("utf-8").splitlines():
            assert 10 <= count(json.loads(line)["messages"][2]["content"]) <= 25, line


def test_the_json_is_the_report_of_the_api() -> None:
    report = json.loads(run(CAPITALS, "-m", "gpt-4o-mini", "--epochs", "2", "--json").output)
    assert (report["object"], report["valid"], report["examples"]) == ("dataset.report", True, 60)
    assert (report["estimate"]["n_epochs"], report["estimate"]["n_epochs_from"]) == (2, "given")


def test_a_base_that_openai_no_longer_trains_is_told_and_the_file_stays_valid() -> None:
    said = "gpt-3.5-turbo-0613: OpenAI takes no new jobs since 2024-09-13; the trainer of Tuneyard does"
    *_, warning, verdict = run(CAPITALS, "-m", "gpt-3.5-turbo-0613").output.splitlines()
    assert warning.startswith(f"Warning    {said}")
    assert verdict == "Valid: 0 errors, 0 warnings, 0 notes."
    report = json.loads(run(CAPITALS, "-m", "gpt-3.5-turbo-0613", "--json").output)
    assert report["valid"] and report["retirement"].startswith(said)
    assert json.loads(run(CAPITALS, "--json").output)["retirement"] is None


def test_a_file_with_errors_exits_with_1_and_no_line_of_a_pipe_is_cut() -> None:
    result = run("-", "-m", "gpt-4o-mini", given=CHAT * 50 + BAD)
    assert result.exit_code == 1
    assert (
        'error no_assistant: line 51: an example needs a message from "assistant", which is what the model learns.'
        in result.output.splitlines()
    )
    assert result.output.splitlines()[-1] == "Not valid: 1 error, 1 warning, 0 notes."  # 50 of one kind


def test_a_path_stands_in_the_line_of_a_finding() -> None:
    result = run("-", given=CHAT * 50 + CHAT.replace('"Hi"', "7"))
    assert "error content_wrong_type at messages[0].content: line 51: " in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.jsonl"], "nowhere.jsonl does not exist."),
        (["."], ". is a directory. Name a file in it."),
        ([CAPITALS, "-m", "gpt4o-mini"], 'the model "gpt4o-mini" is not in the catalogue. Near: gpt-4o-mini'),
        ([CAPITALS, "-m", "zzz"], "Known: gpt-4.1-2025-04-14, gpt-4.1-mini-2025-04-14"),
        ([CAPITALS, "--epochs", "0"], "greater than or equal to 1"),
        ([CAPITALS, "--epochs", "51"], "less than or equal to 50"),
        ([], "FILE"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_would_be_right(words: list[str], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_an_unreadable_file_is_wrong_usage(tmp_path: Path) -> None:
    result = run(str(tmp_path / "data.jsonl" / "inside"))
    (tmp_path / "data.jsonl").write_text(CHAT)
    assert (result.exit_code, run(str(tmp_path / "data.jsonl" / "inside")).exit_code) == (2, 2)


def _shown_on_a_terminal(data: bytes, width: int) -> list[str]:
    from shared.datasets.report import check as check_stream  # noqa: PLC0415

    screen = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)
    report_view.show(check_stream([data], model=None).as_dict(), "data.jsonl", screen)
    assert isinstance(screen.file, io.StringIO)
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]


def test_a_terminal_groups_findings_by_code_the_worst_first_with_counts_and_lines() -> None:
    shown = _shown_on_a_terminal(b"\n" + BAD.encode() * 30 + b"\n", 100)
    at = shown.index("error no_assistant × 30: lines 2, 3, 4, 5, 6 …")
    assert shown[at + 1] == '  an example needs a message from "assistant", which is what the model learns.'
    blank = next(line for line in shown if "blank_line" in line)
    assert blank.endswith("blank_line × 2: line 1")
    assert shown.index(blank) > at


def test_findings_of_one_code_that_differ_are_told_with_their_lines() -> None:
    shown = _shown_on_a_terminal(CHAT.encode() * 60 + b'{"messages": []}\n{"messages": 7}\n', 100)
    assert "error messages_invalid × 2: lines 61, 62" in shown
    assert [line[:24] for line in shown if line.startswith("  line 6")] == [
        '  line 61, messages: "me',
        '  line 62, messages: "me',
    ]


def test_a_narrow_terminal_breaks_sentences_between_words() -> None:
    shown = _shown_on_a_terminal(BAD.encode() * 30, 40)
    at = shown.index("error no_assistant × 30: lines 1, 2, 3,")
    assert shown[at + 2 : at + 4] == ["  an example needs a message from", '  "assistant", which is what the model']


def test_a_log_of_a_run_gets_twenty_of_each_code_and_where_the_rest_is() -> None:
    from shared.datasets.report import check as check_stream  # noqa: PLC0415

    report = check_stream([BAD.encode() * 30], model=None).as_dict()
    log = Console(file=io.StringIO(), width=80)
    report_view.show(report, "data.jsonl", log, most=20, rest="`tuneyard check data.jsonl` lists all")
    assert isinstance(log.file, io.StringIO)
    assert log.file.getvalue().count("error no_assistant") == 20
    assert "… and 10 more of no_assistant; `tuneyard check data.jsonl` lists all" in log.file.getvalue().splitlines()


def test_epochs_without_a_model_are_answered_with_what_the_cost_needs() -> None:
    result = run(CAPITALS, "--epochs", "5")
    assert result.exit_code == 0
    assert "--model" in result.stderr and "Cost" not in result.stdout


def test_the_histogram_is_one_line_from_the_smallest_to_the_largest() -> None:
    buckets = [
        {"from": 0, "to": 9, "examples": 8},
        {"from": 10, "to": 19, "examples": 0},
        {"from": 20, "to": 29, "examples": 1},
    ]
    assert report_view.histogram_line(buckets).split("0 ", 1)[1] == "█ ▁ 29 tokens per example"
    assert report_view.histogram_line([]) == ""


PROGRAM = "import typer; from services.cli.check.command import register; app = typer.Typer(); register(app); app()"


def test_a_progress_bar_is_shown_on_a_terminal_only(tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, CAPITALS], stdout=subprocess.PIPE, stderr=follower, env=environment, check=True
    )
    os.close(follower)
    assert b"checking" in os.read(leader, 100_000)
    os.close(leader)
    piped = subprocess.run([sys.executable, "-c", PROGRAM, CAPITALS], capture_output=True, check=True)
    assert piped.stderr == b""
    assert piped.stdout == done.stdout


def test_asking_for_help_loads_neither_the_tokenizer_nor_numpy() -> None:
    loaded = "[name for name in ('tiktoken', 'numpy', 'msgspec') if name in sys.modules]"
    code = f"import sys; from services.cli.check import command; print({loaded})"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            CHAT * 2 + "\n",
            "Mend       --fix writes a corrected copy: blank_line (1), duplicate_example (1) need no question.",
        ),
        (CHAT, None),
        (BAD, None),  # what is wrong with it is a question
    ],
)
def test_what_a_fix_would_mend_is_said(given: str, said: str | None, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(given.encode())
    told = [line for line in run(str(path)).output.splitlines() if line.startswith("Mend")]
    assert told == ([said] if said else [])
    assert "Mend" not in run("-", given=given).output  # it cannot be read twice
