"""Sizes, times, losses and money as a person reads them."""

from typing import Any

import pytest

from services.cli.run import wording
from services.cli.run.training import Training


@pytest.mark.parametrize(
    ("count", "expected"), [(0, "0 B"), (999, "999 B"), (20_771, "20.8 kB"), (5e6, "5.0 MB"), (1.5e9, "1.5 GB")]
)
def test_bytes(count: float, expected: str) -> None:
    assert wording.size(count) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-3, "0 s"), (8.4, "8 s"), (59.6, "1 m 0 s"), (252, "4 m 12 s"), (7500, "2 h 5 m")],
)
def test_durations_are_never_negative(seconds: float, expected: str) -> None:
    assert wording.duration(seconds) == expected


def _metrics(step: int, at: int, **data: float) -> dict[str, Any]:
    return {"type": "metrics", "created_at": at, "data": {"step": step, "total_steps": 100, **data}}


def test_a_training_is_told_with_what_is_known() -> None:
    training = Training()
    training.take([{"type": "message", "message": "Fine-tuning job started", "data": None}])
    assert wording.progress(training, {}, 0) == "step 0"
    training.take([_metrics(1, 1000, train_loss=4.0, train_mean_token_accuracy=0.25)])
    assert wording.progress(training, {}, 0) == "step 1/100, loss 4.000, accuracy 25%"
    training.take([_metrics(51, 1100, train_loss=2.0, valid_loss=3.0, full_valid_loss=2.5)])
    assert training.seconds_left() == 98
    assert wording.progress(training, {}, 0) == "step 51/100, loss 2.000, validation 2.500, accuracy 25%, 1 m 38 s left"
    assert "5 s left" in wording.progress(training, {"estimated_finish": 1105}, 1100.0)
    assert wording.losses(training) == "4.000 to 2.000 in 51 steps; on the validation file 2.500 to 2.500"


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ({"trained_tokens": None}, None),  # nothing was trained
        ({"trained_tokens": 1200}, "1,200 trained tokens"),  # no price is known
        (
            {"trained_tokens": 11_151, "estimate": {"price_per_million_usd": 3.0, "cost_usd": 0.033453}},
            "11,151 trained tokens × $3.00 per 1M tokens = $0.033 at the list price (estimated: $0.033)",
        ),
    ],
)
def test_the_cost_is_settled_by_what_was_trained(job: dict[str, Any], expected: str | None) -> None:
    assert wording.settled(job) == expected


def test_a_stage_that_a_newer_service_has_is_told_all_the_same() -> None:
    assert wording.stage("marinating", 0).endswith("marinating: as the provider says")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "the service checks a.jsonl"),
        ({"progress": {"bytes": 50, "lines": 1200, "of": 200}}, "the service checks a.jsonl: 25%, 1,200 lines"),
        ({"progress": {"bytes": 0, "lines": 0, "of": 0}}, "the service checks a.jsonl: 0%, 0 lines"),
    ],
)
def test_how_far_a_check_is_is_told_once_it_is_known(more: dict[str, Any], expected: str) -> None:
    assert wording.checking({"filename": "a.jsonl", **more}) == expected
