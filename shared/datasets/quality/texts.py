"""Lay the texts of a few hundred examples side by side, so that what is rare is looked for in all of them at once"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.datasets.checks.findings import Findings, Place
from shared.datasets.quality.groups import distinct
from shared.datasets.quality.talk import Talk

#: Text as numbers, the bytes of its UTF-8, and places in it.
Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]
#: Tells where in a piece of text something may stand.
Glance = Callable[[Bytes], Places]

#: Bytes looked at in one go: few enough to take no memory to speak of, and so many that calls of NumPy cost nothing.
_PIECE = 1 << 20
#: So far a glance may look from the place that it names. A newline stands before each text, zeros behind the last.
MARGIN = 64


class Texts:
    """Consecutive examples, each with its line, and all that is said in them as one run of bytes."""

    __slots__ = ("_ends", "data", "firsts", "lines", "talks")

    def __init__(self, lines: Sequence[int], talks: Sequence[Talk]) -> None:
        """Lay out the texts of these examples."""
        self.lines = lines
        self.talks = talks
        said = [text for talk in talks for text in talk.encoded]
        self.data = b"\n".join((b"", *said, bytes(MARGIN)))
        self._ends = np.cumsum(np.fromiter(map(len, said), np.intp, len(said)) + 1) + 1
        #: The number of each example's first text; texts are counted through all examples.
        self.firsts = np.cumsum([0, *(len(talk.texts) for talk in talks)])

    def where(self, glance: Glance) -> Places:
        """Return the places that a glance names, in their order if it names them in order."""
        return np.concatenate(list(self._where(glance)))

    def having(self, glance: Glance) -> NDArray[np.intp]:
        """Return the numbers of the texts in which a glance names a place, in their order."""
        return distinct(np.concatenate([self.of(places) for places in self._where(glance)]))

    def of(self, places: Places) -> NDArray[np.intp]:
        """Return the numbers of the texts in which these places lie, in their order."""
        before = np.searchsorted(np.sort(places), np.append(0, self._ends))
        return np.flatnonzero(before[1:] > before[:-1])

    def _where(self, glance: Glance) -> Iterator[Places]:
        data = np.frombuffer(self.data, np.uint8)
        if len(data) <= _PIECE:
            yield glance(data)
            return
        for start in range(0, len(data), _PIECE):
            begin = max(0, start - MARGIN)
            places = begin + glance(data[begin : start + _PIECE + MARGIN])
            yield places[(places >= start) & (places < start + _PIECE)]

    def at(self, numbers: NDArray[np.intp], findings: Findings) -> Iterator[tuple[Talk, int, Place]]:
        """Yield the texts of these numbers: the example of each, its index there, its line."""
        examples = np.searchsorted(self.firsts, numbers, side="right") - 1
        for example, index in zip(examples.tolist(), (numbers - self.firsts[examples]).tolist(), strict=True):
            yield self.talks[example], index, Place(findings, self.lines[example])


def among(data: Bytes, first: int, last: int) -> NDArray[np.bool_]:
    """Return which bytes lie between these two, themselves included."""
    return np.asarray(data - np.uint8(first) <= np.uint8(last - first))


def any_of(characters: str) -> NDArray[np.bool_]:
    """Return a table that says of each byte whether it is one of these characters of ASCII."""
    table = np.zeros(256, bool)
    table[np.frombuffer(characters.encode("ascii"), np.uint8)] = True
    return table


def in_a_row(mask: NDArray[np.bool_], number: int) -> NDArray[np.bool_]:
    """Return where so many begin, one after the other; the last places, where no such row fits, are left out."""
    length = 1
    while length < number:
        step = min(length, number - length)
        mask = mask[:-step] & mask[step:]
        length += step
    return mask
