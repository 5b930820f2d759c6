"""Every code of the registry says what it must, and its row stands in the documentation."""

from dataclasses import asdict

import pytest

from docs.findings import PAGE, parts, written
from shared.datasets.checks import CODES
from shared.datasets.policy import Thresholds


@pytest.mark.parametrize(("part", "expected"), parts().items(), ids=list(parts()))
def test_the_documentation_holds_the_registry(part: str, expected: str) -> None:
    assert written(PAGE.read_text("utf-8"), part).splitlines() == expected.splitlines(), "run: make fix"


def test_the_documentation_holds_the_thresholds() -> None:
    page = PAGE.read_text("utf-8")
    for name, value in asdict(Thresholds()).items():
        assert f"| `{name}` | {value} |" in page


def test_each_code_says_what_to_do() -> None:
    assert all(code.rule.endswith(".") and code.cure and code.source for code in CODES.values())
    assert all(name == code.name for name, code in CODES.items())
