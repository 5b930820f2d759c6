"""Tell the runs of words that a large share of the examples has in common: their template"""

import numpy as np
from numpy.typing import NDArray

from shared.datasets.quality.shingles import Batch, samples_at

#: What so large a share of examples has in common is their template; it does not make two of them alike.
TEMPLATE_SHARE, TEMPLATE_FEWEST = 0.2, 10
_SAMPLED = 2_000
_LOW_BITS = np.uint32(0xFFFF)


def template_of(batches: list[Batch]) -> NDArray[np.uint32]:
    """Return the runs that a large share of the examples has."""
    rows = sum(len(batch.counts) for batch in batches)
    step = max(1, rows // _SAMPLED)
    sample = [sample for _, sample in samples_at(batches, np.arange(0, rows, step))]
    if not sample:
        return np.empty(0, np.uint32)
    values = np.concatenate(sample)
    least = max(TEMPLATE_FEWEST, TEMPLATE_SHARE * len(sample))
    # Most runs are in few examples, and are passed over by counting those with equal low bits.
    low = values & _LOW_BITS
    often = values[np.bincount(low)[low] >= least]
    values, counts = np.unique(often, return_counts=True)
    return np.asarray(values[counts >= least], np.uint32)


def in_template(template: NDArray[np.uint32], runs: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Return the places of runs that are of the template."""
    if not len(template):
        return np.empty(0, np.intp)
    # Most others are told by their low bits, and need not be looked for.
    low = np.zeros(1 << 16, bool)
    low[template & _LOW_BITS] = True
    suspect = np.flatnonzero(low[runs & _LOW_BITS])
    place = np.minimum(np.searchsorted(template, runs[suspect]), len(template) - 1)
    return np.asarray(suspect[template[place] == runs[suspect]])
