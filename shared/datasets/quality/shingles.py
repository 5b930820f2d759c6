"""Keep of each example a sample of its runs of three words, by which alike examples are told"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

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
_AT_ONCE = 65_536
#: Longer examples are compared by their beginning.
_MOST_OF_AN_EXAMPLE = MOST_BYTES // 2 - 1
_LEARNED, _CALLED = ord(LEARNED), ord(CALLED)
_FACTORS = tuple(np.uint32(factor) for factor in (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D))


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples of consecutive examples: the runs of all, and how many each has. A run of an answer is odd.

    The runs of a sample differ, and are ordered.
    """

    runs: NDArray[np.uint32]
    counts: NDArray[np.uint16]

    def first(self, most: int) -> "Batch":
        """Return the samples cut to so many numbers at most, the smallest."""
        return _cut(self.runs, self.counts.astype(np.intp), most)


class Shingles:
    """The samples of the examples seen so far, in their order."""

    def __init__(self) -> None:
        self._batches: list[Batch] = []
        self._rows = 0
        #: What was taken and not yet read: texts, who says each, and how many each example has.
        self._texts: list[bytes] = []
        self._marks = ""
        self._of_each: list[int] = []
        self._bytes = 0
        self.most = MOST_SHINGLES

    def take(self, talk: Talk) -> None:
        """Take all that is said, but for the system: it is the same in every example."""
        taken = talk.encoded
        if SYSTEM in talk.marks:
            taken = [text for mark, text in zip(talk.marks, taken, strict=True) if mark != SYSTEM]
        size = sum(map(len, taken)) + len(taken)
        if size > _MOST_OF_AN_EXAMPLE:
            taken = _beginning(taken)
            size = sum(map(len, taken)) + len(taken)
        self._texts += taken
        self._marks += talk.marks.replace(SYSTEM, "")[: len(taken)]
        self._of_each.append(len(taken))
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
        if self._of_each:
            examples = len(self._of_each)
            runs, counts = _runs_of_three(read_words(self._texts))
            marks = np.frombuffer(self._marks.encode(), np.uint8)
            # One bit tells runs of answers from others, so that each part of an example can be compared by itself.
            learned = (marks == _LEARNED) | (marks == _CALLED)
            runs = runs << np.uint32(1) | np.repeat(learned, counts)
            of = np.repeat(np.arange(examples), self._of_each)
            self._add(_sampled(runs, np.bincount(of, counts, examples).astype(np.intp)))
            self._texts, self._marks, self._of_each, self._bytes = [], "", [], 0


def _beginning(texts: list[bytes]) -> list[bytes]:
    """Return as much of an example as is compared."""
    left = _MOST_OF_AN_EXAMPLE
    taken = []
    for text in texts:
        if left <= 0:
            break
        taken.append(text[:left])
        left -= len(taken[-1]) + 1
    return taken


def _runs_of_three(words: Words) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """Return the number of each run of three words, and how many each text has; a shorter text is one itself."""
    numbers, counts = words.numbers, words.counts
    ends = np.cumsum(counts)
    # With two places more at its beginning: there is no run at the last two words of a text.
    begins_run = np.ones(len(numbers) + 2, bool)
    begins_run[ends] = begins_run[ends + 1] = False
    first, second, third = (numbers * factor for factor in _FACTORS)
    short = np.flatnonzero((counts == 1) | (counts == 2))
    alone = (ends - counts)[short]
    halves = first[alone] + np.where(counts[short] == 2, second[ends[short] - 1], np.uint32(0))
    first[:-2] += second[1:-1]
    first[:-2] += third[2:]
    first[alone] = halves
    begins_run[alone + 2] = True
    lengths = np.maximum(counts - 2, 0)
    lengths[short] = 1
    return mixed(first[begins_run[2:]]), lengths


def _sampled(runs: NDArray[np.uint32], counts: NDArray[np.intp]) -> Batch:
    """Return the samples of runs, of which each example has so many; the runs are put in order where they stand."""
    ends = np.cumsum(counts)
    begins = ends - counts
    # One by one: small ones are sorted many times as fast as their numbers would be together.
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        runs[begin:end].sort()
    differs = np.ones(len(runs) + 1, bool)
    np.not_equal(runs[1:], runs[:-1], out=differs[1:-1])
    differs[begins] = True
    before = np.cumsum(differs) - differs
    return _cut(runs[differs[:-1]], before[ends] - before[begins], MOST_SHINGLES)


def _cut(runs: NDArray[np.uint32], counts: NDArray[np.intp], most: int) -> Batch:
    """Return samples of so many runs, each cut to its first."""
    kept = counts.astype(np.uint16)
    if (counts > most).any():
        place = np.arange(len(runs)) - np.repeat(np.cumsum(counts) - counts, counts)
        runs, kept = runs[place < most], np.minimum(counts, most).astype(np.uint16)
    return Batch(runs, kept)


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
    """Yield the samples in batches of 65,536 runs or more: small ones cost more than what they hold."""
    waiting: list[Batch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(len(kept.runs) for kept in waiting) >= _AT_ONCE:
            yield _join(waiting)
            waiting = []
    if waiting:
        yield _join(waiting)


def _join(batches: list[Batch]) -> Batch:
    if len(batches) == 1:
        return batches[0]
    runs = np.concatenate([batch.runs for batch in batches])
    return Batch(runs, np.concatenate([batch.counts for batch in batches]))
