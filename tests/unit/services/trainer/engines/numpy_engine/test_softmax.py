"""The sparse softmax against a dense one that is written down here anew."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.trainer.engines.numpy_engine.features import WordTable
from services.trainer.engines.numpy_engine.softmax import Cells, gradient, score
from services.trainer.engines.numpy_engine.weights import Weights

VOCABULARY = 50
Case = tuple[Weights, npt.NDArray[np.uint64], npt.NDArray[np.float32], npt.NDArray[np.int64]]


def case(seed: int, met: int = 6, places: int = 5, size: float = 3.0) -> Case:
    """Return random weights, features of some places (one of them unknown), and targets (one of them never met)."""
    chance = np.random.default_rng(seed)
    tokens = np.sort(chance.choice(VOCABULARY, met, replace=False)).astype(np.int64)
    names = np.arange(1, 9, dtype=np.uint64)
    features = np.concatenate([np.repeat(names, 3), chance.choice(names, met)])
    weights = Weights.empty("cl100k_base", VOCABULARY).grown(
        features, np.concatenate([chance.choice(tokens, 24), tokens]), WordTable.empty()
    )
    weights = weights.with_numbers(
        chance.normal(0, size, len(weights.values)).astype(np.float32), chance.normal(0, size, len(weights.bias))
    )
    hashes = chance.integers(1, 10, (places, 4)).astype(np.uint64)
    values = chance.random((places, 4)).astype(np.float32)
    targets = chance.integers(0, met + 1, places)
    return weights, hashes, values, targets


def dense(weights: Weights, hashes: npt.NDArray[np.uint64], values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the logits of all ids of the vocabulary, the slow and plain way; unmet ids come last."""
    met = len(weights.tokens)
    logits = np.empty((len(hashes), VOCABULARY))
    logits[:, :met], logits[:, met:] = weights.bias[:-1], weights.bias[-1]
    names = weights.features.tolist()
    for place, row in enumerate(hashes.tolist()):
        for name, value in zip(row, values[place], strict=True):
            if name in names:
                i = names.index(name)
                for pair in range(weights.rows[i], weights.rows[i + 1]):
                    logits[place, weights.columns[pair]] += weights.values[pair] * value
    return logits


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), size=st.sampled_from([0.0, 0.5, 2.0, 4.0]))
def test_nats_and_hits_are_those_of_a_dense_softmax(seed: int, size: float) -> None:
    weights, hashes, values, targets = case(seed, size=size)
    logits = dense(weights, hashes, values)
    norm = np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1)) + logits.max(1)
    own = logits[np.arange(len(targets)), targets]
    others = logits.copy()
    others[np.arange(len(targets)), targets] = -np.inf
    scores = score(Cells.of(weights, hashes, values), targets, weights.values, weights.bias, weights.unmet)
    assert scores.nats == pytest.approx(norm - own, abs=1e-5, rel=1e-5)
    assert scores.hit.tolist() == (own > others.max(1)).tolist()


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_the_gradient_is_the_slope_of_the_loss(seed: int) -> None:
    weights, hashes, values, targets = case(seed, size=1.0)
    cells = Cells.of(weights, hashes, values)
    weight = np.array([1.0, 0.5, 1.0, 2.0, 1.0])
    scores = score(cells, targets, weights.values, weights.bias, weights.unmet)
    by_cell, by_bias = gradient(cells, targets, scores, weights.bias, weights.unmet, weight)
    by_value = np.bincount(cells.params, by_cell[cells.cell] * cells.scale, len(weights.values))

    def loss(numbers: npt.NDArray[np.float64], bias: npt.NDArray[np.float64]) -> float:
        moved = weights.with_numbers(numbers.astype(np.float32), bias)
        logits = dense(moved, hashes, values)
        return float(weight @ (np.log(np.exp(logits).sum(1)) - logits[np.arange(len(targets)), targets]))

    nudge, numbers = 1e-3, weights.values.astype(np.float64)
    for i in range(0, len(numbers), 5):
        step = np.eye(1, len(numbers), i)[0] * nudge
        slope = (loss(numbers + step, weights.bias) - loss(numbers - step, weights.bias)) / (2 * nudge)
        assert by_value[i] == pytest.approx(slope, abs=2e-3)
    for j in range(len(weights.bias)):
        step = np.eye(1, len(weights.bias), j)[0] * nudge
        slope = (loss(numbers, weights.bias + step) - loss(numbers, weights.bias - step)) / (2 * nudge)
        assert by_bias[j] == pytest.approx(slope, abs=2e-3)


def test_a_place_of_weight_0_has_no_gradient() -> None:
    weights, hashes, values, targets = case(3)
    cells = Cells.of(weights, hashes, values)
    scores = score(cells, targets, weights.values, weights.bias, weights.unmet)
    weight = np.array([1.0, 0.0, 1.0, 0.0, 0.0])
    by_cell, _ = gradient(cells, targets, scores, weights.bias, weights.unmet, weight)
    assert np.any(by_cell[weight[cells.place] == 1] != 0)
    assert by_cell[weight[cells.place] == 0] == pytest.approx(0, abs=1e-290)


def test_weights_of_zero_are_the_uniform_distribution() -> None:
    weights, hashes, values, targets = case(1, size=0.0)
    scores = score(Cells.of(weights, hashes, values), targets, weights.values, weights.bias, weights.unmet)
    assert scores.nats == pytest.approx(np.log(VOCABULARY))
    assert not scores.hit.any()
