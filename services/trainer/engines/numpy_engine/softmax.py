"""Predict, score and differentiate: an exact softmax over the whole vocabulary that touches only what it must."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.trainer.engines.numpy_engine.hashing import Hashes
from services.trainer.engines.numpy_engine.sorting import sorted_unique
from services.trainer.engines.numpy_engine.weights import Weights

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cells:
    """Which weights speak at which places: a cell is a (place, column) that at least one feature speaks about.

    Weight `params[i]` times `scale[i]` is added to cell `cell[i]`; cell c lies at `place[c]`, `column[c]`.
    """

    places: int
    params: npt.NDArray[np.int32]
    scale: npt.NDArray[np.float32]
    cell: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    column: npt.NDArray[np.int32]

    @classmethod
    def of(cls, weights: Weights, hashes: Hashes, values: npt.NDArray[np.float32]) -> "Cells":
        """Look the features of each place up; a feature that the model does not have says nothing."""
        flat = hashes.ravel()
        at = np.searchsorted(weights.features, flat)
        known = at < len(weights.features)
        known[known] = weights.features[at[known]] == flat[known]
        where = np.nonzero(known)[0]
        starts, ends = weights.rows[at[where]], weights.rows[at[where] + 1]
        lengths = ends - starts
        params = np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
        width = len(weights.tokens) + 1
        keys = np.repeat(where // hashes.shape[1], lengths) * width + weights.columns[params]
        cells, cell = np.unique(keys, return_inverse=True)
        scale = np.repeat(values.ravel()[where], lengths)
        return cls(
            len(hashes), params.astype(np.int32), scale, cell.astype(np.int32),
            (cells // width).astype(np.int32), (cells % width).astype(np.int32),
        )  # fmt: skip

    def logits(self, weights: npt.NDArray[np.float32], bias: Floats) -> Floats:
        """Return the logit of each cell; a column without a cell has its bias."""
        said = np.bincount(self.cell, weights=weights[self.params] * self.scale, minlength=len(self.place))
        return np.asarray(bias[self.column] + said, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Scores:
    """What was predicted for known targets: nats and hit or miss for each place."""

    nats: Floats
    hit: npt.NDArray[np.bool_]
    logits: Floats
    log_norm: Floats


def score(cells: Cells, targets: Ints, weights: npt.NDArray[np.float32], bias: Floats, unmet: int) -> Scores:
    """Score the targets (columns; `len(bias) - 1` stands for an id never met).

    A hit needs a logit strictly above every other token's: a tie, as at the very start, is a miss.
    """
    logits = cells.logits(weights, bias)
    log_norm = _log_norm(cells, logits, bias, unmet)
    cell_of_target = _find(cells, targets, len(bias))
    own = np.where(cell_of_target >= 0, np.append(logits, 0.0)[cell_of_target], bias[targets])
    return Scores(log_norm - own, _hits(own, cells, logits, bias, targets, unmet), logits, log_norm)


def _log_norm(cells: Cells, logits: Floats, bias: Floats, unmet: int) -> Floats:
    """Return log Σ exp over the vocabulary at each place: the biases alone, corrected where a cell lies.

    The correction is a difference: good to 1e-6 while the biases lie within some 20 nats of each other, as they do
    unless the learning rate is absurd; the share of the unmet keeps it above zero even then.
    """
    top = bias.max()
    masses = np.exp(bias - top)
    masses[-1] *= unmet
    silent = masses.sum() - np.bincount(cells.place, weights=masses[cells.column], minlength=cells.places)
    peak = np.full(cells.places, top)
    np.maximum.at(peak, cells.place, logits)
    spoken = np.bincount(cells.place, weights=np.exp(logits - peak[cells.place]), minlength=cells.places)
    total: Floats = peak + np.log(spoken + np.maximum(silent, masses[-1]) * np.exp(top - peak))
    return total


def _find(cells: Cells, targets: Ints, width: int) -> Ints:
    keys = cells.place.astype(np.int64) * width + cells.column
    wanted = np.arange(cells.places) * width + targets
    at = np.searchsorted(keys, wanted)
    at[at == len(keys)] = -1
    found = (keys[at] == wanted) if len(keys) else np.zeros(cells.places, bool)
    return np.where(found, at, -1)


def _hits(own: Floats, cells: Cells, logits: Floats, bias: Floats, targets: Ints, unmet: int) -> npt.NDArray[np.bool_]:
    """Return where the target's logit `own` lies above every other token's."""
    best = np.full(cells.places, -np.inf)
    other = cells.column != targets[cells.place]
    np.maximum.at(best, cells.place[other], logits[other])
    hits = own > best
    others_unmet = unmet - (targets == len(bias) - 1)
    hits &= (own > bias[-1]) | (others_unmet == 0)
    # Above every bias there is nothing left to compare; the exact search is for the few places in between.
    if np.any(hits & (own <= bias[:-1].max())):
        hits &= own > _best_silent(cells, bias, targets)
    return hits


def _best_silent(cells: Cells, bias: Floats, targets: Ints) -> Floats:
    """Return at each place the highest bias of a met token that has no cell there and is not the target.

    In the order of their biases, that is the first rank missing from the ranks of the place's cells and target.
    """
    met = len(bias) - 1
    order = np.argsort(-bias[:-1], kind="stable")
    rank = np.empty(met + 1, np.int64)
    rank[order], rank[met] = np.arange(met), met
    taken = np.concatenate([cells.place * (met + 1) + rank[cells.column], _targets_key(targets, rank, met)])
    taken = sorted_unique(taken)
    place = taken // (met + 1)
    begins = np.searchsorted(place, np.arange(cells.places))
    nth = np.arange(len(taken)) - begins[place]
    missing = np.bincount(place, minlength=cells.places)
    gap = taken % (met + 1) != nth
    np.minimum.at(missing, place[gap], nth[gap])
    silent: Floats = np.append(bias[order], -np.inf)[np.minimum(missing, met)]
    return silent


def _targets_key(targets: Ints, rank: Ints, met: int) -> Ints:
    return np.arange(len(targets)) * (met + 1) + rank[targets]


def gradient(
    cells: Cells, targets: Ints, scores: Scores, bias: Floats, unmet: int, weight: Floats
) -> tuple[Floats, Floats]:
    """Return the gradient of Σ weight·nats by the cells' logits and by the biases."""
    log_weight = np.log(np.maximum(weight, 1e-300)) - scores.log_norm
    mass = log_weight.max() + np.log(np.exp(log_weight - log_weight.max()).sum())
    by_bias = np.exp(bias + mass)
    by_bias[-1] *= unmet
    silent = np.exp(bias[cells.column] + log_weight[cells.place])
    by_cell = np.exp(scores.logits + log_weight[cells.place])
    at = _find(cells, targets, len(bias))
    by_cell[at[at >= 0]] -= weight[at >= 0]
    by_bias -= np.bincount(cells.column, weights=silent, minlength=len(bias))
    by_bias += np.bincount(cells.column, weights=by_cell, minlength=len(bias))
    alone = at < 0
    by_bias -= np.bincount(targets[alone], weights=weight[alone], minlength=len(bias))
    return by_cell, by_bias
