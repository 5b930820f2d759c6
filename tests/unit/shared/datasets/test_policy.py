"""A policy: what it changes, what it may not change, and how it is refused."""

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalogue import find
from shared.datasets.checks import CODES
from shared.datasets.formats import Format
from shared.datasets.policy import DEFAULT, OFF, Policy, Severity, Thresholds
from shared.datasets.policy_file import PolicyError, read_policy, read_toml
from shared.datasets.report import Report, check
from shared.datasets.report_judge import judge

CHAT = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n'
WITH_ID = CHAT.replace("]}\n", '], "id": 7}\n')
MINI = find("gpt-4o-mini")


def report_of(text: str, policy: Policy) -> Report:
    return check([text.encode()], model=MINI, policy=policy)


def test_a_file_of_toml_is_read_whole() -> None:
    text = (
        '[codes]\nunknown_key = "warning"\ncrlf = "off"\n\n[thresholds]\nminimum_examples = 20\nrefusal_share = 0.5\n'
    )
    assert read_toml(text) == Policy(
        codes={"unknown_key": Severity.WARNING, "crlf": None},
        thresholds=Thresholds(minimum_examples=20, refusal_share=0.5),
    )
    assert read_toml(text.encode()).as_dict() == {
        "codes": {"unknown_key": "warning", "crlf": "off"},
        "thresholds": {"minimum_examples": 20, "refusal_share": 0.5},
    }
    assert read_toml("") == read_policy({}) == DEFAULT


REFUSED = [
    ([], "a table of names and values was expected; it is an array.", "not an object at all"),
    ({"code": {}}, 'code: a policy has [codes] and [thresholds] and nothing else. Is "codes" meant?', "misspelt"),
    ({"codes": 1}, "codes: a table of names and values was expected; it is a number.", "a section of another type"),
    ({"codes": {"unknown_keys": "off"}}, 'no finding has this code. Is "unknown_key" meant?', "misspelt"),
    ({"codes": {"crlf": "on"}}, 'codes.crlf: must be "error", "warning", "info" or "off"; it is "on".', "a level"),
    ({"codes": {"crlf": []}}, 'or "off"; it is an array.', "a level that is no string"),
    ({"codes": {"invalid_json": "off"}}, 'codes.invalid_json: is always "error": nothing can be read where', "blind"),
    ({"codes": {"role_unknown": "warning"}}, "has no shape that could be trained on or counted.", "not counted"),
    ({"codes": {"has_images": "off"}}, "a later job learns from it whether its model must see images.", "a fact"),
    ({"thresholds": {"near_duplicates": 0.9}}, 'has this threshold. Is "near_duplicate" meant?', "misspelt"),
    ({"thresholds": {"zz": 1}}, "Known: minimum_examples, advised_examples,", "nothing is near"),
    (
        {"thresholds": {"refusal_share": 60}},
        "thresholds.refusal_share: must be a number from 0 to 1; it is 60.",
        "percent",
    ),
    (
        {"thresholds": {"minimum_examples": 0}},
        "minimum_examples: must be a whole number of at least 1; it is 0.",
        "no dataset",
    ),
    (
        {"thresholds": {"minimum_examples": "10"}},
        'must be a whole number of at least 1; it is "10".',
        "strict: no guessing of types",
    ),
    (
        {"thresholds": {"refusal_share": float("nan")}},
        "thresholds.refusal_share: must be a number from 0 to 1; it is",
        "a limit nothing is over",
    ),
]


@pytest.mark.parametrize(("document", "said", "remark"), REFUSED)
def test_what_may_not_be_chosen_is_refused_with_what_was_meant(document: Any, said: str, remark: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read_policy(document)
    assert said in str(refused.value), remark


def test_what_is_not_toml_is_refused_with_its_place() -> None:
    for text in ("[codes\n", "a = 1e"):
        with pytest.raises(PolicyError, match="the policy is not TOML: "):
            read_toml(text)
    with pytest.raises(PolicyError, match=r"the policy is not UTF-8 \(byte 2 is 0xff\). Save it as UTF-8."):
        read_toml(b"a \xff")


def test_a_code_that_is_off_is_neither_listed_nor_counted() -> None:
    off = report_of(WITH_ID * 60, read_policy({"codes": {"unknown_key": OFF}}))
    assert (off.valid, off.findings, off.findings_by_code, off.total_tokens) == (True, [], {}, 60 * 13)
    assert not report_of(WITH_ID * 60, DEFAULT).valid


def test_a_code_may_be_milder_or_harder() -> None:
    mild = report_of(WITH_ID * 60, read_policy({"codes": {"unknown_key": "info"}}))
    assert (mild.valid, mild.findings_total, mild.total_tokens) == (True, {"error": 0, "warning": 0, "info": 60}, 780)
    hard = report_of(CHAT * 20, read_policy({"codes": {"few_examples": "error"}}))
    assert [str(error.severity) for error in hard.errors()] == ["error"]


def test_the_number_of_examples_is_measured_by_the_thresholds() -> None:
    policy = read_policy({"thresholds": {"minimum_examples": 2, "advised_examples": 3}})
    found = [[finding.code for finding in report_of(CHAT * n, policy).findings] for n in (1, 2, 3)]
    assert found == [["too_few_examples"], ["few_examples"], []]


def test_a_stored_report_is_judged_by_the_policy_it_was_made_with() -> None:
    pairs = '{"prompt": "a", "completion": "b"}\n' * 60
    policy = read_policy({"codes": {"format_not_taken": "warning"}})
    stored = json.loads(json.dumps(check([pairs.encode()], model=None, policy=policy).as_dict()))
    assert MINI is not None
    assert [finding.severity for finding in judge(stored, MINI)] == [Severity.WARNING]


def test_a_format_that_is_named_holds_from_the_first_line() -> None:
    report = check([CHAT.encode() * 20], model=None, format=Format.COMPLETION)
    assert report.findings_by_code["mixed_formats"] == 20
    assert "this line is chat, and the file is taken for prompt/completion pairs." in report.findings[0].message


levels = st.sampled_from([*Severity, None])
changeable = st.sampled_from(sorted(code.name for code in CODES.values() if not code.fixed))


@given(st.dictionaries(changeable, levels), st.integers(1, 10**9), st.floats(0, 1))
def test_a_policy_goes_through_json_and_to_another_process_unchanged(
    codes: dict[str, Severity | None], count: int, share: float
) -> None:
    policy = Policy(codes=codes, thresholds=Thresholds(advised_examples=count, near_duplicate=share))
    assert read_policy(json.loads(json.dumps(policy.as_dict()))) == policy
    assert pickle.loads(pickle.dumps(policy)) == policy  # noqa: S301 (our own bytes)
