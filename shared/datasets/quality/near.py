"""Find examples that are nearly the same: candidates by MinHash and LSH, each judged by what the two share"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.datasets.quality.bands import bands, candidates
from shared.datasets.quality.groups import distinct
from shared.datasets.quality.shingles import Batch
from shared.datasets.quality.similar import samples_of, similarities
from shared.datasets.quality.template import template_of

#: Both the questions and the answers must be alike by so much: many questions may be asked of one document.
PART = 0.5
#: Pairs whose samples are held at a time, and pairs judged in one go: a file of nothing but twins has millions.
_FETCHED_AT_ONCE, _JUDGED_AT_ONCE = 65_536, 1_024


@dataclass(frozen=True, slots=True)
class Alike:
    """Two examples, the earlier first, and their similarity: what they share of all that either has (Jaccard)."""

    one: int
    other: int
    similarity: float


def find_alike(
    batches: list[Batch], eligible: NDArray[np.bool_], answers: NDArray[Any], *, least: float, most: int
) -> Iterator[Alike]:
    """Yield pairs of eligible examples whose similarity is at least this, by their places.

    Of a group of alike examples not every pair is named, but enough to join it. `answers` are keys: they decide where
    an answer is too short beside its question to be in the sample. `most` is the size of full samples.
    """
    template = template_of(batches)
    keys = bands(batches, template)
    pairs = candidates(keys, eligible & keys.any(axis=1))
    for start in range(0, len(pairs), _FETCHED_AT_ONCE):
        yield from _alike_of(pairs[start : start + _FETCHED_AT_ONCE], batches, template, answers, least, most)


def _alike_of(
    pairs: NDArray[np.uint64],
    batches: list[Batch],
    template: NDArray[np.uint32],
    answers: NDArray[Any],
    least: float,
    most: int,
) -> Iterator[Alike]:
    ones, others = (pairs >> np.uint64(32)).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)
    involved = distinct(np.concatenate((ones, others)))
    samples = samples_of(batches, involved, template, most)
    for start in range(0, len(pairs), _JUDGED_AT_ONCE):
        one, other = ones[start : start + _JUDGED_AT_ONCE], others[start : start + _JUDGED_AT_ONCE]
        similar = similarities(samples, np.searchsorted(involved, one), np.searchsorted(involved, other))
        part = np.where(np.isnan(similar), (answers[one] == answers[other])[:, None], similar)
        alike = np.flatnonzero((similar[:, 0] >= least) & (part[:, 1:] >= PART).all(axis=1))
        yield from map(Alike, one[alike].tolist(), other[alike].tolist(), similar[alike, 0].tolist())
