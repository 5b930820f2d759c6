"""Estimate what a training costs: epochs by the provider's rule, tokens billed, price, and the sum in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from shared.catalogue import BaseModel

_MILLION = Decimal(1_000_000)
_CENT = Decimal("0.01")


def default_epochs(examples: int) -> int:
    """Return how many epochs the provider chooses for a dataset of this size.

    Three, but at least about 100 and at most about 25,000 examples seen in all, and never more than 25 epochs (OpenAI
    cookbook, "Data preparation for chat model fine-tuning"; a job of 10 examples was seen to run 10).
    """
    if examples < 1:
        return 1
    if examples * 3 < 100:
        return min(25, 100 // examples)
    if examples * 3 > 25_000:
        return max(1, 25_000 // examples)
    return 3


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What one training of one model on one dataset will cost, in US dollars. Validation tokens are free."""

    model: str
    n_epochs: int
    n_epochs_from: str  #: "default" or "given".
    tokens_per_epoch: int  #: After truncation to the model's limit.
    uncertain_tokens: int  #: How many more they may be in each epoch: tools and pictures are estimates.
    billed_tokens: int
    price: Decimal | None  #: Per one million tokens; None where training is billed by the hour.
    price_date: date
    cost: Decimal | None
    cost_at_most: Decimal | None  #: As `cost` where every token is counted exactly.
    arithmetic: str

    def as_dict(self) -> dict[str, Any]:
        """Return the `estimate` of a dataset report; dollars are JSON numbers."""
        return {
            "model": self.model,
            "n_epochs": self.n_epochs,
            "n_epochs_from": self.n_epochs_from,
            "tokens_per_epoch": self.tokens_per_epoch,
            "uncertain_tokens": self.uncertain_tokens,
            "billed_tokens": self.billed_tokens,
            "price_per_million_usd": None if self.price is None else float(self.price),
            "price_date": self.price_date.isoformat(),
            "cost_usd": None if self.cost is None else float(self.cost),
            "cost_at_most_usd": None if self.cost_at_most is None else float(self.cost_at_most),
            "arithmetic": self.arithmetic,
        }


def estimate(
    model: BaseModel, *, tokens_per_epoch: int, examples: int, n_epochs: int | None = None, uncertain: int = 0
) -> Estimate:
    """Return the estimate for a dataset of so many examples, and so many tokens after truncation, perhaps some more."""
    epochs = default_epochs(examples) if n_epochs is None else n_epochs
    least, most = (_cost(model, tokens * epochs) for tokens in (tokens_per_epoch, tokens_per_epoch + uncertain))
    return Estimate(
        model=model.name,
        n_epochs=epochs,
        n_epochs_from="default" if n_epochs is None else "given",
        tokens_per_epoch=tokens_per_epoch,
        uncertain_tokens=uncertain,
        billed_tokens=tokens_per_epoch * epochs,
        price=model.train_price,
        price_date=model.price_date,
        cost=least,
        cost_at_most=most,
        arithmetic=_in_words(model, (tokens_per_epoch, tokens_per_epoch + uncertain), epochs, (least, most)),
    )


def estimate_of_report(report: Mapping[str, Any], model: BaseModel, n_epochs: int | None = None) -> Estimate | None:
    """Return the estimate for a stored dataset report; None when only the file itself can tell.

    That is so when its tokens were counted in another encoding, or when an example is longer than the model takes.
    """
    tokens = report["tokens"]
    if tokens["encoding"] != model.encoding or tokens["per_example"]["max"] > model.tokens_per_example:
        return None
    return estimate(
        model,
        tokens_per_epoch=tokens["total"],
        examples=report["examples"],
        n_epochs=n_epochs,
        uncertain=tokens.get("uncertain", 0),
    )


def dollars(amount: Decimal) -> str:
    """Return an amount for reading: to the cent, and below ten cents to two digits that count."""
    if amount >= Decimal("0.10") or amount == 0:
        return f"${amount.quantize(_CENT, ROUND_HALF_UP):,}"
    return f"${amount.quantize(Decimal(1).scaleb(amount.adjusted() - 1), ROUND_HALF_UP):f}"


def _cost(model: BaseModel, tokens: int) -> Decimal | None:
    return None if model.train_price is None else model.train_price * tokens / _MILLION


def _in_words(
    model: BaseModel, tokens: tuple[int, int], epochs: int, cost: tuple[Decimal | None, Decimal | None]
) -> str:
    least, most = cost
    if least is None or most is None:
        return (
            f"{model.name} is billed by the hour of training, ${model.train_price_per_hour} each: not known beforehand"
        )
    each = f"${model.train_price} per 1M tokens"
    counted, paid = _range(*(f"{one:,}" for one in tokens)), _range(dollars(least), dollars(most))
    return f"{counted} tokens × {epochs} epoch{'s' * (epochs != 1)} × {each} = {paid}"


def _range(least: str, most: str) -> str:
    return least if least == most else f"{least} to {most}"
