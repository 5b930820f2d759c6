"""Find rows with equal keys, all at once, and name their lines in a sentence"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NAMED = 5


def equal(keys: NDArray[Any]) -> Iterator[NDArray[np.intp]]:
    """Yield the places of keys that stand more than once, each group in file order, the earliest group first."""
    order = np.argsort(keys, kind="stable")
    starts, ends = runs(keys[order])
    repeated = np.flatnonzero(ends - starts > 1)
    for group in repeated[np.argsort(order[starts[repeated]], kind="stable")]:
        yield order[starts[group] : ends[group]]


def runs(ordered: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where each run of equal values begins, and where it ends."""
    if not len(ordered):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return starts, np.append(starts[1:], len(ordered))


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Return the different values in their order. `np.unique` takes 20 ms, the first time, to load what is not used."""
    ordered = np.sort(values)
    return ordered[runs(ordered)[0]]


def lines(numbers: Sequence[int] | NDArray[Any]) -> str:
    """Return "lines 3, 17 and 20", with how many more there are when there are many."""
    shown = [f"{number:,}" for number in list(numbers[:_NAMED])]
    if len(numbers) > _NAMED:
        shown.append(f"{len(numbers) - _NAMED:,} more")
    if len(shown) == 1:
        return f"line {shown[0]}"
    return f"lines {', '.join(shown[:-1])} and {shown[-1]}"


def counted(number: int, what: str, plural: str = "") -> str:
    """Return "1 example" or "1,200 examples"."""
    return f"{number:,} {what if number == 1 else plural or what + 's'}"


def share(part: float) -> str:
    """Return a share as a percentage that is not rounded to none or to all."""
    percent = 100 * part
    if 0 < percent < 1:
        return "under 1 %"
    return "over 99 %" if 99 < percent < 100 else f"{percent:.0f} %"
