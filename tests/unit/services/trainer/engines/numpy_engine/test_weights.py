"""Weights grow without forgetting, and are read as they were written."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from services.trainer.engines.numpy_engine.features import WordTable
from services.trainer.engines.numpy_engine.weights import Weights


def pairs(weights: Weights) -> dict[tuple[int, int], float]:
    names = np.repeat(weights.features, np.diff(weights.rows)).tolist()
    tokens = weights.tokens[weights.columns].tolist()
    return dict(zip(zip(names, tokens, strict=True), weights.values.tolist(), strict=True))


def grown(weights: Weights, *new: tuple[int, int]) -> Weights:
    features = np.array([feature for feature, _ in new], np.uint64)
    return weights.grown(features, np.array([token for _, token in new], np.int64), WordTable.empty())


def test_growing_keeps_what_was_learned_and_starts_the_new_at_zero() -> None:
    first = grown(Weights.empty("cl100k_base", 100), (2**63 + 5, 7), (1, 3), (1, 7))
    first = first.with_numbers(np.array([1, 2, 3], np.float32), np.array([0.1, 0.2, 0.9]))
    before = pairs(first)
    second = grown(first, (1, 5), (1, 3), (9, 1))
    assert pairs(second) == before | {(1, 5): 0.0, (9, 1): 0.0}
    assert second.tokens.tolist() == [1, 3, 5, 7]
    assert second.bias.tolist() == [0.9, 0.1, 0.9, 0.2, 0.9], "a new token starts with the share of the unmet"
    assert second.unmet == 96


def test_growing_by_nothing_changes_nothing() -> None:
    first = grown(Weights.empty("cl100k_base", 100), (1, 3))
    assert pairs(grown(first)) == pairs(first)


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    path, again = tmp_path / "a.npz", tmp_path / "b.npz"
    first = grown(Weights.empty("cl100k_base", 100), (2**64 - 1, 7), (1, 3))
    first = first.with_numbers(np.array([1.5, -2], np.float32), np.array([0.1, 0.2, 0.3]))
    first.save(path)
    Weights.read(path).save(again)
    assert path.read_bytes() == again.read_bytes()
    assert pairs(Weights.read(path)) == pairs(first)


def test_weights_from_before_there_were_bases_are_read_with_all_words_at_full_weight(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    words = WordTable(np.array([4, 8], np.uint64), np.array([1, 2]), np.array([0.05, 0.05]), 3)
    replace(Weights.empty("cl100k_base", 100), words=words).save(path)
    assert Weights.read(path).words.shares.tolist() == [0.05, 0.05]
    with np.load(path) as file:
        arrays = {name: file[name] for name in file if name != "word_shares"}
    np.savez(path, **arrays)
    assert Weights.read(path).words.shares.tolist() == [1.0, 1.0]


def test_weights_of_another_format_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    Weights.empty("cl100k_base", 100).save(path)
    with np.load(path) as file:
        arrays = dict(file)
    arrays["head"] = np.frombuffer(arrays["head"].tobytes().replace(b'"format": 1', b'"format": 9'), np.uint8)
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match="format 9; this engine reads 1"):
        Weights.read(path)
