"""The report as a whole: its object, its sizes, its judgement for a model."""

import hashlib
import itertools
import json
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalogue import BaseModel, find
from shared.datasets.report import Report, check
from shared.datasets.report_judge import judge
from shared.datasets.report_tokens import cut_to, histogram, summary

CHAT = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n'
PAIR = '{"prompt": "a", "completion": "b"}\n'
PREFERENCE = (
    '{"input": {"messages": [{"role": "user", "content": "Hi"}]}, "preferred_output": [{"role": "assistant", '
    '"content": "a"}], "non_preferred_output": [{"role": "assistant", "content": "b"}]}\n'
)
IMAGE = '{"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}'
PICTURES = CHAT.replace('"Hi"', f"[{IMAGE}]")


def base(name: str) -> BaseModel:
    found = find(name)
    assert found is not None
    return found


def report_of(text: str, model: str | None = "gpt-4o-mini", **options: Any) -> Report:
    return check([text.encode()], model=base(model) if model else None, **options)


def codes(report: Report) -> set[str]:
    return {finding.code for finding in report.findings}


def test_the_report_is_the_object_of_the_api() -> None:
    told = report_of(CHAT * 60).as_dict()
    assert told.pop("sha256") == hashlib.sha256(CHAT.encode() * 60).hexdigest()
    assert told == {
        "object": "dataset.report",
        "format": "chat",
        "model": "gpt-4o-mini-2024-07-18",
        "valid": True,
        "examples": 60,
        "bytes": 60 * len(CHAT),
        "compression": None,
        "plain_bytes": 60 * len(CHAT),
        "tokens": {
            "encoding": "o200k_base",
            "total": 780,
            "assistant": 60,
            "uncertain": 0,
            "per_example": {"min": 13, "p50": 13, "p95": 13, "max": 13, "mean": 13.0},
            "histogram": [{"from": 13, "to": 13, "examples": 60}],
        },
        "truncated_examples": 0,
        "estimate": {
            "model": "gpt-4o-mini-2024-07-18",
            "n_epochs": 3,
            "n_epochs_from": "default",
            "tokens_per_epoch": 780,
            "uncertain_tokens": 0,
            "billed_tokens": 2340,
            "price_per_million_usd": 3.0,
            "price_date": "2026-11-22",
            "cost_usd": 0.00702,
            "cost_at_most_usd": 0.00702,
            "arithmetic": "780 tokens × 3 epochs × $3.00 per 1M tokens = $0.0070",
        },
        "findings": [],
        "findings_total": {"error": 0, "warning": 0, "info": 0},
        "findings_by_code": {},
        "quality": None,
        "policy": {"codes": {}, "thresholds": {}},
    }
    assert json.loads(json.dumps(told)) == told


def test_without_a_model_nothing_is_priced_and_no_model_is_held_against_the_file() -> None:
    report = report_of(PAIR * 50, model=None)
    assert report.valid
    assert (report.estimate, report.model, report.encoding) == (None, None, "o200k_base")


@pytest.mark.parametrize(
    ("examples", "code"), [(9, "too_few_examples"), (10, "few_examples"), (49, "few_examples"), (50, None)]
)
def test_the_number_of_examples_is_judged_as_the_guide_does(examples: int, code: str | None) -> None:
    assert codes(report_of(CHAT * examples)) == ({code} if code else set())
    assert codes(report_of(CHAT * examples, for_validation=True)) == set()


def test_a_validation_file_costs_nothing() -> None:
    assert report_of(CHAT * 60, for_validation=True).estimate is None


@pytest.mark.parametrize(
    ("text", "model", "method", "said"),
    [
        (CHAT, "gpt-4o-mini", "supervised", None),
        (PAIR, "babbage-002", "supervised", None),
        (PAIR, "davinci", "supervised", None),
        (PREFERENCE, "gpt-4o", "dpo", None),
        (
            PAIR,
            "gpt-3.5-turbo",
            "supervised",
            "pairs; supervised training of gpt-3.5-turbo-0125 takes chat. Convert the file: tuneyard convert FILE",
        ),
        (CHAT, "babbage-002", "supervised", "chat; supervised training of babbage-002 takes prompt/completion pairs."),
        (PREFERENCE, "gpt-4o", "supervised", "preference pairs; supervised training of gpt-4o-2024-08-06 takes chat."),
        (CHAT, "gpt-4o", "dpo", "chat; dpo training of gpt-4o-2024-08-06 takes preference pairs."),
        (CHAT, "gpt-3.5-turbo", "dpo", "chat; gpt-3.5-turbo-0125 has no dpo training."),
        (CHAT, "o4-mini", "supervised", "chat; o4-mini-2025-04-16 has no supervised training."),
        (PICTURES, "gpt-4o", "supervised", None),
        (
            PICTURES,
            "gpt-4o-mini",
            "supervised",
            "the file has images; gpt-4o-mini-2024-07-18 cannot be trained on images.",
        ),
    ],
)
def test_a_file_and_a_model_fit_or_one_sentence_says_why_not(
    text: str, model: str, method: str, said: str | None
) -> None:
    report = report_of(text * 50, model, method=method)
    error = report.first_error()
    assert (error and error.message.endswith(said or "?")) is (None if said is None else True)
    # A report made for no model is judged the same, without the file.
    stored = json.loads(json.dumps(report_of(text * 50, None).as_dict()))
    judged = [finding for finding in judge(stored, base(model), method=method) if finding.severity == "error"]
    assert [finding.message for finding in judged] == ([] if error is None else [error.message])


def test_an_example_over_the_limit_is_a_warning_with_what_is_lost_and_is_billed_cut() -> None:
    long = CHAT.replace("Hi", "word " * 5_000)
    report = report_of(long + CHAT * 59, "gpt-3.5-turbo-0613")
    [finding] = report.findings
    assert (finding.code, finding.line, finding.severity) == ("example_truncated", 1, "warning")
    lost = report.per_example["max"] - 4_096
    assert f"takes 4,096: the last {lost:,} are cut off, which is where the answer stands." in finding.message
    assert report.truncated_examples == 1
    assert report.estimate is not None
    assert report.estimate.tokens_per_epoch == report.total_tokens - lost
    assert "the longest example has" in judge(report_of(long, None).as_dict(), base("gpt-3.5-turbo-0613"))[0].message


def test_broken_examples_are_counted_as_examples_but_their_tokens_are_not() -> None:
    report = report_of(CHAT * 49 + "{\n")
    assert (report.examples, report.total_tokens, report.valid) == (50, 49 * 13, False)


def test_the_first_error_is_that_of_the_lowest_line_before_those_of_the_whole_file() -> None:
    report = report_of(CHAT + "{}\nx\n" + PAIR)
    assert [str(f).split(":")[0] for f in report.findings] == [
        "line 2",
        "line 3",
        "line 4",
        str(report.findings[-1]).split(":")[0],
    ]
    error = report.first_error()
    assert error is not None
    assert error.line == 2


def test_a_thousand_findings_of_a_code_are_listed_and_all_are_counted() -> None:
    report = report_of("{}\n" * 1_500 + "\n" * 1_500)
    assert [f.code for f in report.findings].count("unknown_format") == 1_000
    assert report.findings_by_code == {"unknown_format": 1_500, "blank_line": 1_500}
    assert report.findings_total == {"error": 1_500, "warning": 1, "info": 0}
    [blank] = [finding for finding in report.findings if finding.code == "blank_line"]
    assert (blank.line, blank.count) == (1_501, 1_500)


def test_progress_is_told_in_bytes_and_lines() -> None:
    told: list[tuple[int, int]] = []
    check([CHAT.encode(), CHAT.encode() * 2], model=None, on_progress=lambda *done: told.append(done))
    assert told == [(3 * len(CHAT), 3)]


counts = st.lists(st.integers(1, 2**32 - 1), min_size=1, max_size=200).map(lambda values: array("I", values))


@given(counts, st.integers(1, 2**17))
def test_the_figures_of_a_report_are_those_of_its_examples(values: "array[int]", limit: int) -> None:
    told = summary(values)
    ordered = sorted(values)
    assert (told["min"], told["max"]) == (ordered[0], ordered[-1])
    assert told["p95"] == ordered[-(-len(ordered) * 95 // 100) - 1]
    assert sum(value <= told["p50"] for value in values) * 2 >= len(values)
    assert cut_to(values, limit) == sum(min(value, limit) for value in values)


@given(counts)
def test_every_example_stands_in_one_bucket(values: "array[int]") -> None:
    buckets = histogram(values)
    assert len(buckets) <= 12
    for bucket in buckets:
        assert bucket["examples"] == sum(bucket["from"] <= value <= bucket["to"] for value in values)
    assert sum(bucket["examples"] for bucket in buckets) == len(values)
    assert [bucket["to"] for bucket in buckets[-1:]] == [max(values) for _ in buckets[-1:]]
    assert all(after["from"] == before["to"] + 1 for before, after in itertools.pairwise(buckets))
