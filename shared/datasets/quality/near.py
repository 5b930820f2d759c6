"""Find examples that are nearly the same: candidates by MinHash and LSH, each judged by what the two share"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.datasets.quality.groups import runs
from shared.datasets.quality.shingles import Batch, samples_at, smallest, together
from shared.datasets.quality.words import mixed

#: LSH: two examples are compared when all of a band's MinHashes agree in any band. With these, pairs of similarity 0.8
#: are compared with a chance of 99.5 %, of 0.7 with 93 %, of 0.3 with 8 %.
BANDS, PER_BAND = 10, 4
#: Fewer runs of three words say too little: one word more or less would decide.
FEWEST = 10
#: What so large a share of examples has in common is their template; it does not make two of them alike.
TEMPLATE_SHARE, TEMPLATE_FEWEST = 0.2, 10
_SAMPLED = 5_000
#: Both the questions and the answers must be alike by so much: many questions may be asked of one document.
PART = 0.5
#: Pairs whose samples are held at a time, and pairs judged in one go: a file of nothing but twins has millions.
_FETCHED_AT_ONCE, _JUDGED_AT_ONCE = 65_536, 4_096
_SPREAD = np.uint32(0x9E3779B1)


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
    template = _template(batches)
    keys = _bands(batches, template)
    pairs = _candidates(keys, eligible & keys.any(axis=1))
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
    involved = np.unique(np.concatenate((ones, others)))
    samples = {place: smallest(sample, len(sample)) for place, sample in samples_at(batches, involved)}
    for start in range(0, len(pairs), _JUDGED_AT_ONCE):
        one, other = ones[start : start + _JUDGED_AT_ONCE], others[start : start + _JUDGED_AT_ONCE]
        kept = [[samples[place] for place in places.tolist()] for places in (one, other)]
        similar = similarities(*kept, template=template, most=most)
        part = np.where(np.isnan(similar), (answers[one] == answers[other])[:, None], similar)
        for place in np.flatnonzero((similar[:, 0] >= least) & (part[:, 1:] >= PART).all(axis=1)):
            yield Alike(int(one[place]), int(other[place]), float(similar[place, 0]))


def _template(batches: list[Batch]) -> NDArray[np.uint32]:
    """Return the runs that a large share of the examples has."""
    rows = sum(len(batch.counts) for batch in batches)
    step = max(1, rows // _SAMPLED)
    sample = [sample for _, sample in samples_at(batches, np.arange(0, rows, step))]
    if not sample:
        return np.empty(0, np.uint32)
    values, counts = np.unique(np.concatenate(sample), return_counts=True)
    return np.asarray(values[counts >= max(TEMPLATE_FEWEST, TEMPLATE_SHARE * len(sample))], np.uint32)


def _without(template: NDArray[np.uint32], runs: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Return which runs are not of the template."""
    if not len(template):
        return np.ones(len(runs), bool)
    place = np.minimum(np.searchsorted(template, runs), len(template) - 1)
    return np.asarray(template[place] != runs)


def _bands(batches: list[Batch], template: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return a key for each example and band, zeros for an example with too little of its own."""
    chance = np.random.default_rng(20260102)
    turns = chance.integers(0, 1 << 32, (BANDS, PER_BAND), dtype=np.uint32)
    factors = chance.integers(0, 1 << 31, (BANDS, PER_BAND), dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    keys = np.zeros((sum(len(batch.counts) for batch in batches), BANDS), np.uint32)
    start = 0
    for batch in together(batches):
        own = _without(template, batch.runs)
        row = np.repeat(np.arange(len(batch.counts)), batch.counts)[own]
        counts = np.bincount(row, minlength=len(batch.counts))
        enough = np.repeat(counts >= FEWEST, counts)
        if enough.any():
            begins, _ = runs(row[enough])
            hashed = _min_hashes(batch.runs[own][enough], begins, turns, factors)
            keys[start + row[enough][begins]] = hashed
        start += len(batch.counts)
    return keys


def _min_hashes(
    values: NDArray[np.uint32], begins: NDArray[np.intp], turns: NDArray[np.uint32], factors: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """Return for each row of values, which begin as given, a key for each band: its MinHashes in one."""
    scratch = np.empty_like(values)
    keys = np.empty((len(begins), BANDS), np.uint32)
    for band in range(BANDS):
        summed = np.full(len(begins), band, np.uint32)
        for turn, factor in zip(turns[band], factors[band], strict=True):
            # Odd factors permute the numbers of 32 bits; the smallest one under each permutation is a MinHash.
            np.multiply(np.bitwise_xor(values, turn, out=scratch), factor, out=scratch)
            summed = summed * _SPREAD + np.minimum.reduceat(scratch, begins)
        keys[:, band] = mixed(summed)
    return keys


def _candidates(keys: NDArray[np.uint32], usable: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return the pairs that share a band, each as one number: the earlier place in its high half."""
    places = np.flatnonzero(usable)
    found = [np.empty(0, np.uint64)]
    for band in range(BANDS):
        order = np.argsort(keys[places, band], kind="stable")
        ordered = keys[places[order], band]
        begins, ends = runs(ordered)
        at = places[order].astype(np.uint64)
        first = np.repeat(at[begins], ends - begins)
        # Each with the one before it, and with the first of all: enough to join a group, and linear in its size.
        follows = np.flatnonzero(ordered[1:] == ordered[:-1]) + 1
        found += [at[follows - 1] << np.uint64(32) | at[follows], first[follows] << np.uint64(32) | at[follows]]
    return np.unique(np.concatenate(found))


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
    known &= _without(template, values)
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
