"""Find examples that are nearly the same: candidates by MinHash and LSH, each judged by what the two share"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.datasets.quality.bands import bands, candidates
from shared.datasets.quality.groups import distinct, runs
from shared.datasets.quality.shingles import Batch, samples_at
from shared.datasets.quality.template import in_template, template_of

#: Both the questions and the answers must be alike by so much: many questions may be asked of one document.
PART = 0.5
#: Pairs whose samples are held at a time, and pairs judged in one go: a file of nothing but twins has millions.
_FETCHED_AT_ONCE, _JUDGED_AT_ONCE = 65_536, 4_096


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
    samples = dict(samples_at(batches, involved))
    for start in range(0, len(pairs), _JUDGED_AT_ONCE):
        one, other = ones[start : start + _JUDGED_AT_ONCE], others[start : start + _JUDGED_AT_ONCE]
        kept = [[samples[place] for place in places.tolist()] for places in (one, other)]
        similar = similarities(*kept, template=template, most=most)
        part = np.where(np.isnan(similar), (answers[one] == answers[other])[:, None], similar)
        for place in np.flatnonzero((similar[:, 0] >= least) & (part[:, 1:] >= PART).all(axis=1)):
            yield Alike(int(one[place]), int(other[place]), float(similar[place, 0]))


def similarities(
    ones: Sequence[NDArray[np.uint32]],
    others: Sequence[NDArray[np.uint32]],
    *,
    template: NDArray[np.uint32],
    most: int,
) -> NDArray[np.float64]:
    """Return for each pair of ordered samples the similarity of the whole, of what was asked, and of what was answered.

    Of a part of which neither sample has a run nothing is known: it is not a number.
    """
    number = len(ones)
    counts = np.array([len(sample) for sample in (*ones, *others)])
    pair = np.repeat(np.concatenate((np.arange(number), np.arange(number))), counts).astype(np.uint64)
    values = np.concatenate((*ones, *others)) if number else np.empty(0, np.uint32)
    # A full sample ends at its largest number: what lies beyond was not kept, and is not compared.
    ends = np.array([sample[-1] if len(sample) >= most else 0xFFFFFFFF for sample in (*ones, *others)], np.uint32)
    known = values <= np.minimum(ends[:number], ends[number:])[pair.astype(np.int64)]
    known[in_template(template, values)] = False
    ordered = np.sort((pair[known] << np.uint64(32)) | values[known])
    return _shares(ordered, number)


def _shares(ordered: NDArray[np.uint64], number: int) -> NDArray[np.float64]:
    begins, ends = runs(ordered)
    pair = (ordered[begins] >> np.uint64(32)).astype(np.int64)
    both = ends - begins > 1
    answer = (ordered[begins] & np.uint64(1)).astype(bool)
    shares = np.full((number, 3), np.nan)
    for column, part in enumerate((np.ones(len(pair), bool), ~answer, answer)):
        either = np.bincount(pair[part], minlength=number)
        shared: NDArray[Any] = np.bincount(pair[part & both], minlength=number)
        np.divide(shared, either, out=shares[:, column], where=either > 0)
    return shares
