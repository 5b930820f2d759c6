"""Choose the pairs of examples that are worth comparing: MinHash and LSH over their samples"""

import numpy as np
from numpy.typing import NDArray

from shared.datasets.quality.groups import distinct
from shared.datasets.quality.shingles import Batch, together
from shared.datasets.quality.template import in_template
from shared.datasets.quality.words import mixed

#: LSH: two examples are compared when all of a band's MinHashes agree in any band. With these, pairs of similarity 0.8
#: are compared with a chance of 99.5 %, of 0.7 with 93 %, of 0.3 with 8 %.
BANDS, PER_BAND = 10, 4
#: Fewer runs of three words say too little: one word more or less would decide.
FEWEST = 10
_SPREAD, _LOW, _EMPTY = np.uint32(0x9E3779B1), np.uint64(0xFFFFFFFF), np.uint32(0xFFFFFFFF)
_BINS = BANDS * PER_BAND
#: For each bin the order in which the others are asked when it is empty.
_ELSEWHERE = np.array(
    [np.random.default_rng(bin_).permutation(np.delete(np.arange(_BINS), bin_)) for bin_ in range(_BINS)]
)


def bands(batches: list[Batch], template: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return a key for each example and band, zeros for an example with too little of its own."""
    keys = np.zeros((sum(len(batch.counts) for batch in batches), BANDS), np.uint32)
    start = 0
    for batch in together(batches):
        # A copy, also because `minimum.at` is ten times as slow on an array whose type came through a pipe with it.
        runs, counts, number = batch.runs.astype(np.uint32), batch.counts.astype(np.intp), len(batch.counts)
        row = np.repeat(np.arange(number), counts)
        if len(common := in_template(template, runs)):
            runs[common] = _EMPTY
            counts -= np.bincount(row[common], minlength=number)
        enough = np.flatnonzero(counts >= FEWEST)
        keys[start + enough] = _keys(_min_hashes(runs, row, number)[enough])
        start += number
    return keys


def _min_hashes(values: NDArray[np.uint32], row: NDArray[np.intp], rows: int) -> NDArray[np.uint32]:
    """Return for each row the smallest of its values in each bin: as many MinHashes from one permutation."""
    # By low bits: the high ones of the smallest numbers are all zeros. The lowest of all tells answers.
    spread = values >> np.uint32(1) & np.uint32(0xFFFF)
    place = row * _BINS + (spread * np.uint32(_BINS) >> np.uint32(16))
    least = np.full(rows * _BINS, _EMPTY)
    np.minimum.at(least, place, values)
    return least.reshape(rows, _BINS)


def _keys(least: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return a key for each row and band: its MinHashes in one."""
    _fill(least)
    keys = np.arange(BANDS, dtype=np.uint32) + np.zeros((len(least), 1), np.uint32)
    for place in range(PER_BAND):
        keys = keys * _SPREAD + least[:, place::PER_BAND]
    return mixed(keys)


def _fill(least: NDArray[np.uint32]) -> None:
    """Give each empty bin the value of another, the first with one in an order of its own.

    Bins that are empty for two examples ask in the same order: with the chance that is their similarity they agree
    (optimal densification, Shrivastava 2017).
    """
    row, at = np.nonzero(least == _EMPTY)
    known = least.copy()
    for turn in range(_BINS - 1):
        found = known[row, _ELSEWHERE[at, turn]]
        least[row, at] = found
        row, at = row[found == _EMPTY], at[found == _EMPTY]
        if not len(row):
            return


def candidates(keys: NDArray[np.uint32], usable: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return the pairs that share a band, each as one number: the earlier place in its high half."""
    places = np.flatnonzero(usable).astype(np.uint64)
    found = [np.empty(0, np.uint64)]
    for band in range(BANDS):
        ordered = np.sort(keys[usable, band].astype(np.uint64) << np.uint64(32) | places)
        band_keys, at = ordered >> np.uint64(32), ordered & _LOW
        follows = np.flatnonzero(band_keys[1:] == band_keys[:-1]) + 1
        begins = np.searchsorted(band_keys, band_keys[follows])
        # Each with the one before it, and with the first of all: enough to join a group, and linear in its size.
        found += [at[follows - 1] << np.uint64(32) | at[follows], at[begins] << np.uint64(32) | at[follows]]
    return distinct(np.concatenate(found))
