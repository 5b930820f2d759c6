"""Tell how much two examples share, for many pairs at once, from their samples"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.datasets.quality.shingles import Batch, samples_at
from shared.datasets.quality.template import in_template

#: No run: behind the last one of a sample, and in the place of one that does not count. It is sorted to the end.
_NOTHING = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of some examples: their runs one after the other, where each begins, and how many it has."""

    runs: NDArray[np.uint32]
    begins: NDArray[np.intp]
    counts: NDArray[np.intp]
    #: A full sample ends at its largest number: what lies beyond was not kept, and is not compared.
    ends: NDArray[np.uint32]


def samples_of(batches: list[Batch], places: NDArray[np.intp], template: NDArray[np.uint32], most: int) -> Samples:
    """Return the samples of the examples at these places, which are ordered, without their template.

    `most` is the size of full samples; none is empty.
    """
    found = [sample for _, sample in samples_at(batches, places)]
    runs = np.concatenate(found)
    counts = np.array([len(sample) for sample in found], np.intp)
    begins = np.cumsum(counts) - counts
    ends = np.where(counts >= most, runs[begins + counts - 1], _NOTHING)
    runs[in_template(template, runs)] = _NOTHING
    return Samples(runs, begins, counts, ends)


def similarities(samples: Samples, ones: NDArray[np.intp], others: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return for each pair of samples the similarity of the whole, of what was asked, and of what was answered.

    Of a part of which neither sample has a run nothing is known: it is not a number.
    """
    first, second = samples.counts[ones], samples.counts[others]
    # A row for each pair. Rows of this length are sorted in a fiftieth of the time that all would take in one.
    table = np.full((len(ones), int((first + second).max())), _NOTHING)
    _put(table, samples, ones, np.zeros_like(first))
    _put(table, samples, others, first)
    table[table > np.minimum(samples.ends[ones], samples.ends[others])[:, None]] = _NOTHING
    table.sort(axis=1)
    there = table != _NOTHING
    both = (table[:, 1:] == table[:, :-1]) & there[:, 1:]
    answered = (table & np.uint32(1)).astype(bool)
    shares = np.full((len(ones), 3), np.nan)
    standing, shared = np.empty((2, 3, len(ones)), np.intp)
    standing[0], shared[0] = there.sum(axis=1), both.sum(axis=1)
    standing[2], shared[2] = (there & answered).sum(axis=1), (both & answered[:, 1:]).sum(axis=1)
    standing[1], shared[1] = standing[0] - standing[2], shared[0] - shared[2]
    either = standing - shared
    np.divide(shared, either, out=shares.T, where=either > 0)
    return shares


def _put(table: NDArray[np.uint32], samples: Samples, places: NDArray[np.intp], at: NDArray[np.intp]) -> None:
    """Write into each row the sample of its place, from this column on."""
    counts = samples.counts[places]
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    row = np.arange(len(places)) * table.shape[1] + at
    table.ravel()[np.repeat(row, counts) + within] = samples.runs[np.repeat(samples.begins[places], counts) + within]
