"""Lines for people and lines for machines"""

import json
from io import StringIO

import pytest
from rich.console import Console

from services.cli.up.output import JsonOutput, TerminalOutput
from services.cli.up.part import Ready

READY = Ready("http://127.0.0.1:8080/v1", "ty_k", "http://127.0.0.1:8081/v1", "/d", 2.5)


def test_a_json_line_of_a_part_is_passed_on_byte_for_byte(capsys: pytest.CaptureFixture[str]) -> None:
    JsonOutput().line("gateway", '{"event":  "x"}')
    assert capsys.readouterr().out == '{"event":  "x"}\n'


@pytest.mark.parametrize("text", ["FATAL: no", "[1]", '{"half": ', '{"a"} and more', "\x1b[1mbold"])
def test_any_other_line_is_wrapped_with_the_name_of_its_part(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    JsonOutput().line("postgres", text)
    found = json.loads(capsys.readouterr().out)
    assert (found["event"], found["part"], found["message"]) == ("part.wrote", "postgres", text)


def test_readiness_is_one_json_line_with_address_and_key(capsys: pytest.CaptureFixture[str]) -> None:
    JsonOutput().ready(READY)
    found = json.loads(capsys.readouterr().out)
    assert found.items() >= {"event": "up.ready", "address": READY.address, "api_key": "ty_k", "seconds": 2.5}.items()


def test_a_terminal_shows_address_key_and_how_to_stop() -> None:
    shown = StringIO()
    TerminalOutput(Console(file=shown, width=100)).ready(READY)
    assert all(word in shown.getvalue() for word in ("http://127.0.0.1:8080/v1", "ty_k", "Ctrl-C", "2.5 s"))


def test_a_terminal_shows_a_line_whole_with_its_part_and_reads_no_markup_in_it() -> None:
    shown = StringIO()
    text = "[red]" + "long " * 100 + "end"
    TerminalOutput(Console(file=shown, width=40)).line("worker-1", text)
    assert shown.getvalue() == f" worker-1 │ {text}\n"
