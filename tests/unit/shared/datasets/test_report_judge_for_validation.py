"""A stored report, read for a file that is only validated on"""

from shared.datasets.report import check
from shared.datasets.report_judge import for_validation
from tests.conftest import chats, lines


def test_a_short_validation_file_is_valid_and_its_report_says_nothing_of_its_size() -> None:
    report = check([chats(3)], model=None).as_dict()
    assert not report["valid"]
    judged = for_validation(report)
    assert (judged["valid"], judged["findings"], judged["findings_total"]["error"]) == (True, [], 0)


def test_its_other_errors_stay() -> None:
    report = check([chats(3) + lines({"messages": []})], model=None).as_dict()
    judged = for_validation(report)
    assert not judged["valid"]
    assert {found["code"] for found in judged["findings"]} == set(judged["findings_by_code"]) != set()
