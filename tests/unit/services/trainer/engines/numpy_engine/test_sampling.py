"""Answers are chosen as the request says."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from services.trainer.engines.engine import Handle, Sampling
from services.trainer.engines.numpy_engine import NumpyEngine
from services.trainer.examples import Example, Form, Turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.services.trainer.conftest import Train

ASKED = [Turn("user", "Heads or tails?")]


@pytest.fixture
def undecided(train: "Train") -> Handle:
    examples = [
        Example((Turn("user", "Heads or tails?"), Turn("assistant", side, 1.0)), "chat")
        for side in ("heads", "tails", "edge") * 4
    ]
    weights, _ = train(examples, epochs=2)
    return NumpyEngine().load("cl100k_base", weights)


def answers(model: Handle, count: int, **sampling: float) -> set[tuple[int, ...]]:
    return {tuple(model.sample(ASKED, Sampling(seed=seed, **sampling))) for seed in range(count)}  # type: ignore[arg-type]


def test_no_temperature_and_temperature_0_take_the_likeliest(undecided: Handle) -> None:
    assert len(answers(undecided, 5)) == 1
    assert answers(undecided, 5) == answers(undecided, 5, temperature=0)


def test_a_temperature_draws_and_the_seed_repeats_the_draw(undecided: Handle) -> None:
    assert len(answers(undecided, 30, temperature=1.0)) > 1
    again = [tuple(undecided.sample(ASKED, Sampling(temperature=1.0, seed=5))) for _ in range(3)]
    assert len(set(again)) == 1


def test_a_small_top_p_leaves_the_likeliest_only(undecided: Handle) -> None:
    assert answers(undecided, 20, temperature=2.0, top_p=0.0) == answers(undecided, 1)


def test_a_low_temperature_is_nearly_greedy(undecided: Handle) -> None:
    assert answers(undecided, 20, temperature=0.001) == answers(undecided, 1)


def test_max_tokens_cuts_tuned_and_base_alike(undecided: Handle, base_of: "Callable[[Form], Path]") -> None:
    base = NumpyEngine().load("cl100k_base", base_of("chat"))
    for model in (undecided, base):
        cut = list(model.sample(ASKED, Sampling(max_tokens=1)))
        assert len(cut) == 1
        assert cut[0] != model.end
