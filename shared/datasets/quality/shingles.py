"""Keep of each example a sample of its runs of three words, by which alike examples are told"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.datasets.quality.talk import CALLED, LEARNED, SYSTEM, Talk
from shared.datasets.quality.words import MOST_BYTES, Words, mixed, read_words

#: Runs of an example that are kept, those with the smallest numbers (a bottom-k sketch): a kilobyte at most. Examples
#: of fewer runs are kept whole, and compared exactly; of others the similarity is known to 0.025 (a deviation at 0.8).
MOST_SHINGLES = 256
#: Beyond a million examples the sample is halved with every doubling, so that memory stays where it is: 1 GB.
ROWS_AT_MOST_SHINGLES = 1_000_000
_BATCH = MOST_BYTES // 2
_AT_ONCE = 1_000
#: Longer examples are compared by their beginning.
_MOST_OF_AN_EXAMPLE = MOST_BYTES // 2 - 1
_FACTORS = tuple(np.uint32(factor) for factor in (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D))


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples of consecutive examples: the runs of all, and how many each has. A run of an answer is odd.

    A run may stand twice in a sample that is not full.
    """

    runs: NDArray[np.uint32]
    counts: NDArray[np.uint16]

    def first(self, most: int) -> "Batch":
        """Return the samples cut to so many different numbers at most, the smallest."""
        return _cut(list(self.samples()), most) if (self.counts > most).any() else self

    def samples(self) -> Iterator[NDArray[np.uint32]]:
        """Yield the sample of each example."""
        return _pieces(self.runs, self.counts)


class Shingles:
    """The samples of the examples seen so far, in their order."""

    def __init__(self) -> None:
        self._batches: list[Batch] = []
        self._rows = 0
        #: What was taken and not yet read: texts, the example of each, and whether it is an answer.
        self._texts: list[bytes] = []
        self._of: list[int] = []
        self._learned: list[bool] = []
        self._waiting = 0
        self._bytes = 0
        self.most = MOST_SHINGLES

    def take(self, talk: Talk) -> None:
        """Take all that is said, but for the system: it is the same in every example."""
        size = 0
        for mark, text in zip(talk.marks, talk.texts, strict=True):
            left = _MOST_OF_AN_EXAMPLE - size
            if mark == SYSTEM or left <= 0:
                continue
            taken = text[:left].encode("utf-8", "surrogatepass")[:left]
            self._texts.append(taken)
            self._of.append(self._waiting)
            self._learned.append(mark in (LEARNED, CALLED))
            size += len(taken) + 1
        self._waiting += 1
        self._bytes += size
        if self._bytes >= _BATCH:
            self._read()

    def extend(self, other: "Shingles") -> None:
        """Add the examples that follow."""
        self.add(other.batches())

    def add(self, batches: list[Batch]) -> None:
        """Add the samples of the examples that follow."""
        self._read()
        for batch in batches:
            self._add(batch)

    def batches(self) -> list[Batch]:
        """Return the samples of all examples, in batches."""
        self._read()
        return self._batches

    def __reduce__(self) -> tuple[Callable[[list[Batch]], "Shingles"], tuple[list[Batch]]]:
        """Travel as one batch: a thousand small arrays would take longer to pack than to make."""
        batches = self.batches()
        return _unpacked, ([_join(batches)] if batches else [],)

    def _add(self, batch: Batch) -> None:
        self._rows += len(batch.counts)
        self._batches.append(batch if self.most == MOST_SHINGLES else batch.first(self.most))
        while self._rows > ROWS_AT_MOST_SHINGLES * (MOST_SHINGLES // self.most):
            self.most //= 2
            self._batches = [kept.first(self.most) for kept in self._batches]

    def _read(self) -> None:
        if self._waiting:
            words = read_words(self._texts)
            text, runs = _runs_of_three(words)
            learned = np.array(self._learned, np.uint32)
            # One bit tells runs of answers from others, so that each part of an example can be compared by itself.
            runs = runs << np.uint32(1) | learned[text]
            counts = np.bincount(np.array(self._of, np.intp)[text], minlength=self._waiting)
            self._add(_sampled(runs, counts))
            self._texts, self._of, self._learned, self._waiting, self._bytes = [], [], [], 0, 0


def _sampled(runs: NDArray[np.uint32], counts: NDArray[np.int64]) -> Batch:
    if (counts > MOST_SHINGLES).any():
        return _cut(list(_pieces(runs, counts)), MOST_SHINGLES)
    return Batch(runs, counts.astype(np.uint16))


def _cut(samples: list[NDArray[np.uint32]], most: int) -> Batch:
    samples = [sample if len(sample) <= most else smallest(sample, most) for sample in samples]
    return Batch(np.concatenate(samples), np.array([len(sample) for sample in samples], np.uint16))


def smallest(sample: NDArray[np.uint32], most: int) -> NDArray[np.uint32]:
    """Return the different numbers of a sample in their order, so many at most."""
    ordered = np.sort(sample)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))][:most]


def _pieces(runs: NDArray[np.uint32], counts: NDArray[Any]) -> Iterator[NDArray[np.uint32]]:
    end = 0
    for count in counts.tolist():
        start, end = end, end + count
        yield runs[start:end]


def _runs_of_three(words: Words) -> tuple[NDArray[np.intp], NDArray[np.uint32]]:
    """Return the text and the number of each run of three words; a text of one or two words is a run of its own."""
    numbers, text = words.numbers, words.text
    summed = numbers * _FACTORS[0]
    for distance in (1, 2):
        inside = np.zeros(len(text), bool)
        inside[:-distance] = text[distance:] == text[:-distance]
        summed[:-distance] += np.where(inside[:-distance], numbers[distance:] * _FACTORS[distance], 0)
    first = np.concatenate((text[:1] == text[:1], text[1:] != text[:-1]))
    kept = first | inside
    return text[kept], mixed(summed[kept])


def _unpacked(batches: list[Batch]) -> Shingles:
    shingles = Shingles()
    shingles.add(batches)
    return shingles


def samples_at(batches: list[Batch], places: NDArray[np.intp]) -> Iterator[tuple[int, NDArray[np.uint32]]]:
    """Yield the samples of the examples at these places, which are ordered, each with its place."""
    start = 0
    for batch in batches:
        end = start + len(batch.counts)
        ends = np.cumsum(batch.counts, dtype=np.int64)
        for place in places[np.searchsorted(places, start) : np.searchsorted(places, end)].tolist():
            last = ends[place - start]
            yield place, batch.runs[last - batch.counts[place - start] : last]
        start = end


def together(batches: list[Batch]) -> Iterator[Batch]:
    """Yield the samples in batches of a thousand examples or more: small ones cost more than what they hold."""
    waiting: list[Batch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(len(kept.counts) for kept in waiting) >= _AT_ONCE:
            yield _join(waiting)
            waiting = []
    if waiting:
        yield _join(waiting)


def _join(batches: list[Batch]) -> Batch:
    if len(batches) == 1:
        return batches[0]
    runs = np.concatenate([batch.runs for batch in batches])
    return Batch(runs, np.concatenate([batch.counts for batch in batches]))
