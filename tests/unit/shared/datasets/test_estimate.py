"""Epochs by the provider's rule, and sums of money to the cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalogue import BaseModel, all_bases, find
from shared.datasets.estimate import default_epochs, dollars, estimate, estimate_of_report


def base(name: str) -> BaseModel:
    found = find(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("examples", "epochs", "remark"),
    [
        (0, 1, "nothing to train on"),
        (1, 25, "never more than 25"),
        (4, 25, "100 // 4"),
        (5, 20, "100 // 5"),
        (10, 10, "the guide's own job: 10 lines, n_epochs 10"),
        (33, 3, "33 × 3 = 99 is under 100, and 100 // 33 is 3 again"),
        (34, 3, "the target"),
        (8_333, 3, "24,999 seen"),
        (8_334, 2, "25,002 would be seen"),
        (12_501, 1, "25,000 // 12,501"),
        (1_000_000, 1, "never less than one"),
    ],
)
def test_epochs_follow_the_providers_rule(examples: int, epochs: int, remark: str) -> None:
    assert default_epochs(examples) == epochs, remark


@given(st.integers(1, 10_000_000))
def test_epochs_never_leave_their_bounds_nor_rise_with_the_data(examples: int) -> None:
    assert 1 <= default_epochs(examples + 1) <= default_epochs(examples) <= 25


def test_the_guides_sum() -> None:
    sum_ = estimate(base("gpt-3.5-turbo"), tokens_per_epoch=100_000, examples=1_000, n_epochs=3)
    assert sum_.cost == Decimal("2.40")
    assert sum_.arithmetic == "100,000 tokens × 3 epochs × $8.00 per 1M tokens = $2.40"
    assert estimate(base("gpt-3.5-turbo"), tokens_per_epoch=100_000, examples=1_000).cost == Decimal("2.40")


def test_the_later_guides_sum() -> None:
    assert estimate(base("gpt-4o-mini"), tokens_per_epoch=100_000, examples=1_000).cost == Decimal("0.90")


def test_an_estimate_says_where_its_figures_come_from() -> None:
    told = estimate(base("babbage-002"), tokens_per_epoch=1_700, examples=10).as_dict()
    assert told == {
        "model": "babbage-002",
        "n_epochs": 10,
        "n_epochs_from": "default",
        "tokens_per_epoch": 1_700,
        "uncertain_tokens": 0,
        "billed_tokens": 17_000,
        "price_per_million_usd": 0.4,
        "price_date": "2026-11-22",
        "cost_usd": 0.0068,
        "cost_at_most_usd": 0.0068,
        "arithmetic": "1,700 tokens × 10 epochs × $0.40 per 1M tokens = $0.0068",
    }


def test_what_is_estimated_makes_a_range() -> None:
    told = estimate(base("gpt-4o"), tokens_per_epoch=100_000, examples=1_000, uncertain=20_000)
    assert (told.cost, told.cost_at_most, told.billed_tokens) == (Decimal("7.50"), Decimal("9.00"), 300_000)
    assert told.arithmetic == "100,000 to 120,000 tokens × 3 epochs × $25.00 per 1M tokens = $7.50 to $9.00"


def test_a_model_billed_by_the_hour_has_no_sum() -> None:
    told = estimate(base("o4-mini"), tokens_per_epoch=1_000, examples=10, n_epochs=1)
    assert told.cost is None
    assert told.arithmetic == "o4-mini-2025-04-16 is billed by the hour of training, $100.00 each: not known beforehand"


@given(st.sampled_from([one for one in all_bases() if one.train_price]), st.integers(0, 10**12), st.integers(1, 50))
def test_money_is_never_rounded_before_it_is_shown(model: BaseModel, tokens: int, epochs: int) -> None:
    cost = estimate(model, tokens_per_epoch=tokens, examples=10, n_epochs=epochs).cost
    assert cost is not None
    assert model.train_price is not None
    assert cost * 1_000_000 == model.train_price * tokens * epochs


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0", "$0.00"), ("2.4", "$2.40"), ("2.405", "$2.41"), ("1234567.891", "$1,234,567.89"), ("0.10", "$0.10"),
     ("0.092565", "$0.093"), ("0.0068", "$0.0068"), ("0.000004", "$0.0000040"), ("0.0999", "$0.100")],
)  # fmt: skip
def test_an_amount_is_shown_so_that_small_ones_keep_their_meaning(amount: str, shown: str) -> None:
    assert dollars(Decimal(amount)) == shown


def test_a_stored_report_is_priced_for_another_model_only_where_that_is_exact() -> None:
    tokens = {"encoding": "o200k_base", "total": 1_000, "per_example": {"max": 100}}
    report = {"examples": 50, "tokens": tokens}
    priced = estimate_of_report(report, base("gpt-4.1"))
    assert priced is not None
    assert (priced.cost, priced.cost_at_most) == (Decimal("0.075"), Decimal("0.075"))
    tokens["uncertain"] = 1_000
    priced = estimate_of_report(report, base("gpt-4.1"))
    assert priced is not None
    assert priced.cost_at_most == Decimal("0.150")
    assert estimate_of_report(report, base("gpt-3.5-turbo")) is None, "another encoding"
    tokens["per_example"] = {"max": 70_000}
    assert estimate_of_report(report, base("gpt-4.1")) is None, "what is cut off depends on each example"
