"""Throw out doubles by sorting: several times faster than np.unique's hash table on the sizes met here."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Scalar = TypeVar("Scalar", np.int64, np.uint64, np.int32)


def sorted_unique(values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Return the values in order, each once."""
    ordered = np.sort(values)
    new = np.ones(len(ordered), bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return ordered[new]
