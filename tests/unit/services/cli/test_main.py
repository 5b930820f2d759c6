"""`tuneyard` as a process whose output is not what one wishes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.cli import output, report_view, results

_ROOT = Path(report_view.__file__).parents[2]
CAPITALS = str(Path(report_view.__file__).parent / "examples" / "capitals.jsonl")
COMMAND = (sys.executable, "-m", "services.cli.main")


def tuneyard(*words: str, shell_end: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", f'"$@" {shell_end}', "sh", *COMMAND, *words],
        env={**os.environ, "PYTHONPATH": str(_ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_terminal_without_unicode_gets_ascii_and_no_traceback() -> None:
    done = tuneyard("check", CAPITALS, "-m", "gpt-4o-mini", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii() and "?" not in done.stdout
    assert "3,717 tokens x 3 epochs x $3.00" in done.stdout


def test_json_without_unicode_loses_no_character(tmp_path: Path) -> None:
    dataset = tmp_path / "names.jsonl"
    dataset.write_text('{"messages": [{"role": "Käthe", "content": "Hi"}]}', "utf-8")
    in_ascii, whole = (
        json.loads(tuneyard("check", str(dataset), "--json", PYTHONIOENCODING=encoding).stdout)
        for encoding in ("ascii", "utf-8")
    )
    assert in_ascii == whole
    assert "Käthe" in json.dumps(whole, ensure_ascii=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full is a device of Linux")
@pytest.mark.parametrize(
    "words", [("check", CAPITALS), ("check", CAPITALS, "--json"), ("--version",), ("run", "--json")]
)
def test_a_full_disk_is_one_sentence(words: tuple[str, ...]) -> None:
    done = tuneyard(*words, shell_end="> /dev/full")
    assert done.returncode == 1
    assert (
        done.stderr
        == "error: the output could not be written: no space left on device. Write it to where there is room.\n"
    )
    assert tuneyard(*words, shell_end="> /dev/full 2>&1").returncode == 1


def test_a_reader_that_leaves_hears_nothing_more() -> None:
    done = tuneyard("check", CAPITALS, "--json", shell_end="| true")
    assert done.stderr == ""


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_names_what_a_report_of_a_fault_needs(option: str) -> None:
    done = tuneyard(option)
    assert done.returncode == 0
    name, python, platform = done.stdout.strip().split(", ")
    assert name.startswith("tuneyard ")
    assert python == f"Python {sys.version.split()[0]}"
    assert platform.startswith(("Linux", "macOS", "Darwin"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_told_to_end_a_command_leaves_nothing_half_written(tmp_path: Path, number: signal.Signals) -> None:
    def command() -> None:
        with output.tidy_when_ended(), results.written(str(tmp_path / "made.jsonl")) as stream:
            stream.write(b"half")
            os.kill(os.getpid(), number)
            pytest.fail("it went on")

    with pytest.raises(SystemExit) as ended:
        command()
    assert ended.value.code == 128 + number and list(tmp_path.iterdir()) == []
    assert signal.getsignal(number) == signal.SIG_DFL
