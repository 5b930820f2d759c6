"""Every code of the registry: its example is found, its row stands in the documentation."""

from dataclasses import asdict

import pytest

from docs.findings import PAGE, written
from shared.catalogue import find
from shared.datasets.checks import CODES, Code, as_table
from shared.datasets.policy import Thresholds
from shared.datasets.report import check


@pytest.mark.parametrize(
    "code", [code for code in CODES.values() if isinstance(code.example, bytes)], ids=lambda c: c.name
)
def test_the_example_of_a_code_has_that_finding(code: Code) -> None:
    assert isinstance(code.example, bytes)
    report = check([code.example], model=find("gpt-4o-mini"))
    found = {finding.code: finding for finding in report.findings}
    assert code.name in found
    assert found[code.name].severity is code.severity
    # Beside its own finding and those of a single line, an example shows nothing else.
    assert set(found) - {code.name} <= {
        "too_few_examples",
        "has_images",
        "images_not_taken",
        "tokens_estimated",
    } | ALSO.get(code.name, set())


#: Examples whose fault cannot stand alone.
ALSO = {
    "prompt_invalid": {"format_not_taken"},
    "completion_invalid": {"format_not_taken"},
    "duplicate_key": {"format_not_taken"},
    "invalid_number": {"prompt_invalid", "format_not_taken"},
    "lone_surrogate": {"format_not_taken"},
    "nul_character": {"format_not_taken"},
    "preference_invalid": {"format_not_taken", "messages_invalid"},
    "functions_invalid": {"functions_legacy"},
}


def test_the_documentation_holds_the_registry() -> None:
    assert written(PAGE.read_text("utf-8")).splitlines() == as_table().splitlines(), "run: make fix"


def test_the_documentation_holds_the_thresholds() -> None:
    page = PAGE.read_text("utf-8")
    for name, value in asdict(Thresholds()).items():
        assert f"| `{name}` | {value} |" in page


def test_each_code_says_what_to_do() -> None:
    assert all(code.rule.endswith(".") and code.cure and code.source for code in CODES.values())
    assert all(name == code.name for name, code in CODES.items())
