"""Every file of the labelled corpus: exactly what is expected of it is found, and nothing else."""

import pytest

from shared.datasets.checks import CODES
from tests.corpus import FOLDER, Case, cases, found_in

CASES = list(cases())
#: Codes that no small file has, and why.
TOO_LARGE = {"near_duplicates_sampled": "it takes a million examples"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_has_the_findings_that_its_manifest_names_and_no_others(case: Case) -> None:
    report = case.check()
    assert found_in(report) == case.finds, "\n".join(map(str, report.findings))
    assert report.bytes == case.path.stat().st_size


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_finding_is_a_sentence_about_its_place(case: Case) -> None:
    for found in case.check().findings:
        assert found.message.isprintable()
        assert len(found.message) < 400
        assert found.message.endswith((".", "?", "FILE", "lines", "preference")), found.message


def test_every_code_is_found_somewhere_and_misses_a_file_near_it() -> None:
    assert {code for case in CASES for code in case.codes} == CODES.keys() - TOO_LARGE.keys()
    assert {code for case in CASES for code in case.near} == CODES.keys() - TOO_LARGE.keys()


def test_a_file_that_is_near_a_code_has_it_not() -> None:
    assert [case.name for case in CASES if case.codes & set(case.near) or (not case.near and not case.finds)] == []


def test_every_file_has_its_entry_and_every_entry_its_file() -> None:
    files = {path for path in FOLDER.glob("*/*") if path.name != "manifest.toml"}
    assert {case.path for case in CASES} == files
    assert len(files) >= 120


def test_the_files_are_small() -> None:
    assert max(case.path.stat().st_size for case in CASES) < 32 * 1024
