"""The tree that opens the file is the tree that it holds."""

import re

import pytest

from shared import errors


def _tree() -> dict[str, tuple[int, bool]]:
    found = re.findall(r"^ *[*+-] (\w+) +(\d{3}) +(yes|no)", errors.__doc__ or "", re.MULTILINE)
    return {name: (int(status), retryable == "yes") for name, status, retryable in found}


def _classes() -> dict[str, type[errors.TuneyardError]]:
    found = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    return {name: kind for name, kind in found.items() if kind not in (errors.TuneyardError, errors.ProviderError)}


def test_every_error_stands_in_the_tree() -> None:
    assert _tree().keys() == _classes().keys()


@pytest.mark.parametrize("name", _tree())
def test_its_status_and_whether_to_try_again_are_as_drawn(name: str) -> None:
    kind = _classes()[name]
    assert (kind.status, kind.retryable) == _tree()[name]


def test_an_error_without_words_says_what_its_class_says() -> None:
    assert str(errors.Unavailable()) == "A part of the service does not answer. Try again in a few seconds."
    assert str(errors.Conflict("Job ftjob-1 has ended.")) == "Job ftjob-1 has ended."


def test_code_and_param_are_the_callers_where_given() -> None:
    refused = errors.Conflict("no", code="job_already_final", param="id")
    assert (refused.code, refused.param, errors.Conflict("no").code) == ("job_already_final", "id", "conflict")
    assert errors.ProviderBusy("no", retry_after=3).retry_after == 3
