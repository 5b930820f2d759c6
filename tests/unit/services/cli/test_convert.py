"""`tuneyard convert` as a person and as a script see it."""

import gzip
import io
import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli.main import app

PAIRS = "".join(json.dumps({"prompt": f"Q{n} ->", "completion": f" A{n} END"}) + "\n" for n in range(12))
CSV = "question,answer\nHi,Hello\nonly\n"


def run(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, ["convert", *words], input=given)


def test_pairs_become_chat_in_a_file_beside_them(tmp_path: Path) -> None:
    (tmp_path / "old.jsonl").write_text(PAIRS)
    result = run(str(tmp_path / "old.jsonl"), "--system", "You are Marv.")
    assert (result.exit_code, result.stdout) == (0, "")
    first = json.loads((tmp_path / "old.chat.jsonl").read_text().splitlines()[0])
    assert [message["content"] for message in first["messages"]] == ["You are Marv.", "Q0", "A0"]
    assert result.stderr.splitlines() == [
        "The separator ' ->' was taken from 12 prompts.",
        "The stop suffix ' END' was taken from 12 completions.",
        f"12 rows read, 12 examples written, 0 skipped; written to {tmp_path / 'old.chat.jsonl'}.",
    ]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_standard_input_goes_to_standard_output_and_the_counts_beside() -> None:
    result = run("-", "--map", "user=question,assistant=answer", given=CSV)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["messages"][0]["content"] == "Hi"
    assert "skipped row 2: the row has 1 cell; the header names 2 columns." in result.stderr
    assert result.stderr.splitlines()[-1] == "2 rows read, 1 example written, 1 skipped; written to standard output."
    assert run("-", "--map", "user=question,assistant=answer", "--skip", given=CSV).exit_code == 0


def test_the_counts_are_json_when_asked_for(tmp_path: Path) -> None:
    place = tmp_path / "new.jsonl"
    result = run("-", "--map", "user=question,assistant=answer", "-o", str(place), "--json", given=CSV)
    counts = json.loads(result.stdout)
    assert (counts["object"], counts["source"], counts["shape"]) == ("dataset.conversion", "csv", "columns")
    assert (counts["read"], counts["written"], [one["row"] for one in counts["skipped_rows"]]) == (2, 1, [2])


def test_what_has_no_place_in_an_example_is_named(tmp_path: Path) -> None:
    rows = [
        {"instruction": "Hi", "output": "Hello", "id": 1, "topic": "a"},
        {"instruction": "Yo", "output": "Hey", "id": 2},
    ]
    result = run("-", given="".join(json.dumps(row) + "\n" for row in rows))
    assert "Left out, because chat examples have no place for them: id (in 2), topic (in 1)" in result.stderr


def test_what_exists_is_not_overwritten_without_force(tmp_path: Path) -> None:
    place = tmp_path / "new.jsonl"
    place.write_text("mine")
    result = run("-", "-o", str(place), given=PAIRS)
    assert (result.exit_code, place.read_text()) == (2, "mine")
    assert "exists. Name another file, or overwrite it with --force." in result.stderr
    assert run("-", "-o", str(place), "--force", given=PAIRS).exit_code == 0
    assert len(place.read_text().splitlines()) == 12


def test_what_is_read_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "old.jsonl").write_text(PAIRS)
    result = run(str(tmp_path / "old.jsonl"), "-o", str(tmp_path / "." / "old.jsonl"), "--force")
    assert (result.exit_code, (tmp_path / "old.jsonl").read_text()) == (2, PAIRS)
    assert "is the file that is read. Name another." in result.stderr


def test_where_nothing_could_be_converted_no_file_is_made(tmp_path: Path) -> None:
    place = tmp_path / "new.jsonl"
    result = run("-", "-o", str(place), "--skip", given='{"prompt": 1, "completion": 2}\n')
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "1 row read, 0 examples written, 1 skipped; no file was made." in result.stderr


@pytest.mark.parametrize(
    ("words", "given", "said"),
    [
        (["nowhere.csv"], None, "nowhere.csv does not exist."),
        (["."], None, ". is a directory."),
        (["-"], CSV, "Say which is which by a mapping. The option: --map user=…,assistant=…"),
        (["-", "--map", "user=q,assistant=answer"], CSV, "no column 'q' for user. The columns are 'ques"),
        (["-", "--map", "user"], CSV, "not of the form ROLE=COLUMN"),
        (["-", "--from", "xml"], CSV, "no source called 'xml'"),
        (["-", "--to", "text"], CSV, "no conversion to 'text'"),
        (["-", "-o", "nowhere/at/all.jsonl"], PAIRS, "there is no such folder"),
        (["-", "-o", "."], PAIRS, "is a directory"),
        (["-"], "", "The file is empty."),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_sentence_and_exit_code_2(words: list[str], given: str | None, said: str) -> None:
    result = run(*words, given=given)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_pipe_that_a_shell_made_is_read_once_and_looked_at_twice() -> None:
    reader, writer = os.pipe()
    os.write(writer, PAIRS.encode())
    os.close(writer)
    result = run(f"/dev/fd/{reader}", "-o", "-")
    os.close(reader)
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 12)
    assert "The separator ' ->' was taken from 12 prompts." in result.stderr


def test_a_packed_table_loses_both_endings(tmp_path: Path) -> None:
    (tmp_path / "faq.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    run(str(tmp_path / "faq.csv.gz"), "--map", "user=question,assistant=answer")
    assert (tmp_path / "faq.chat.jsonl").exists()


def test_separator_and_stop_are_typed_with_backslashes() -> None:
    pair = json.dumps({"prompt": "Q\n=\n", "completion": "A\tZ"})
    result = run("-", "--separator", "\\n=\\n", "--stop", "\\tZ", given=pair)
    assert [message["content"] for message in json.loads(result.stdout)["messages"]] == ["Q", "A"]


def test_parquet_comes_in_by_its_name(tmp_path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    file = io.BytesIO()
    parquet.write_table(pa.table({"q": ["Hi"], "a": ["Hello"]}), file)
    (tmp_path / "x.parquet").write_bytes(file.getvalue())
    assert run(str(tmp_path / "x.parquet"), "--map", "user=q,assistant=a").exit_code == 0
    assert len((tmp_path / "x.chat.jsonl").read_text().splitlines()) == 1
