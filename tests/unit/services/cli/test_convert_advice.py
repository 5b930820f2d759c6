"""What a finding advises to convert, convert takes: the file then has no such finding"""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.main import app
from tests.corpus import Case, cases

CODES = {"bare_messages", "foreign_format", "json_array", "json_over_lines", "not_json_lines"}
ADVISED = [case for case in cases() if case.codes & CODES]
#: One needs more than its first bytes, the others hold lines of two formats.
LEFT_OUT = {"syntax/parquet.parquet", "syntax/foreign_in_a_chat_file.jsonl"}


@pytest.mark.parametrize(
    "case", [case for case in ADVISED if case.name not in LEFT_OUT], ids=lambda case: case.path.name
)
def test_the_command_of_a_finding_converts_its_file(case: Case, tmp_path: Path) -> None:
    advice = next(found.message for found in case.check().findings if "tuneyard convert FILE" in found.message)
    options = advice.partition("tuneyard convert FILE")[2].split()
    made = tmp_path / "made.jsonl"
    ran = CliRunner().invoke(app, ["convert", str(case.path), *options, "-o", str(made)])
    assert ran.exit_code == 0, ran.output
    assert Case(path=made, says="", finds=[]).check().valid, made.read_text("utf-8")
