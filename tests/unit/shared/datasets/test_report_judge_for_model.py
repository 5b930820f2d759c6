"""A stored report, read for the model of a job"""

from shared import catalogue
from shared.datasets.report import check
from shared.datasets.report_judge import for_model
from tests.conftest import chats, lines

PAIRS = lines(*({"prompt": f"{n} ->", "completion": f" {n + 1}"} for n in range(60)))


def test_a_file_of_pairs_is_valid_by_itself_and_not_for_a_chat_model() -> None:
    report, base = check([PAIRS], model=None).as_dict(), catalogue.find("gpt-4o-mini")
    assert report["valid"] and base is not None
    judged = for_model(report, base)
    assert (judged["valid"], judged["findings_total"]["error"]) == (False, 1)
    assert judged["findings_by_code"] == {**report["findings_by_code"], "format_not_taken": 1}
    assert judged["findings"][-1]["code"] == "format_not_taken"


def test_an_example_that_is_too_long_is_a_warning_and_the_file_stays_valid() -> None:
    report, base = check([chats(60)], model=None).as_dict(), catalogue.find("gpt-3.5-turbo-0613")
    assert base is not None
    report["tokens"]["per_example"]["max"] = base.tokens_per_example + 1
    judged = for_model(report, base)
    assert (judged["valid"], judged["findings_total"]["warning"]) == (True, 1)


def test_what_the_report_says_already_is_not_said_twice() -> None:
    base = catalogue.find("gpt-4o-mini")
    assert base is not None
    report = check([PAIRS], model=base).as_dict()
    assert for_model(report, base)["findings"] == report["findings"]
