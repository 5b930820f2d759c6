"""Read the words of many texts at once, each as a number of 32 bits, by arithmetic on their bytes"""

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: The bytes of one batch at most: its arrays then stay in the processor's cache.
MOST_BYTES = 1 << 18
_SEPARATOR = b"\x00"

#: Letters and digits of ASCII, and all that is beyond ASCII, as 1; the rest as 0.
_WORD = bytes(byte >= 0x80 or chr(byte).isalnum() for byte in range(256))
#: First bytes of kana, Chinese and Hangul in UTF-8: written without blanks, so that each character is a word.
_ALONE = bytes(0xE3 <= byte <= 0xED for byte in range(256))

_chance = np.random.default_rng(20260101)  # Any numbers will do, the same in every process and for ever.
_VALUES = _chance.integers(0, 1 << 32, 256, dtype=np.uint32)
_VALUES[0x41:0x5B] = _VALUES[0x61:0x7B]  # ASCII letters count without their case.
_BASE = 0x4C957F2D


def _powers(factor: int) -> NDArray[np.uint32]:
    powers = np.full(MOST_BYTES, factor % (1 << 32), np.uint32)
    powers[0] = 1
    return np.multiply.accumulate(powers, dtype=np.uint32)


_POWERS, _INVERSES = _powers(_BASE), _powers(pow(_BASE, -1, 1 << 32))


class _Scratch(threading.local):
    """Memory that each batch of a thread writes over: fresh memory of this size costs more than the sums."""

    def __init__(self) -> None:
        self.sums = np.zeros(MOST_BYTES + 1, np.uint32)


_scratch = _Scratch()


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a batch in their order: a number for each, and the text that it stands in."""

    numbers: NDArray[np.uint32]
    text: NDArray[np.intp]


def read_words(texts: list[bytes]) -> Words:
    """Return the words of texts that have `MOST_BYTES` together at most, separators included.

    A word is a run of ASCII letters and digits and of whatever is beyond ASCII; equal words have equal numbers.
    """
    joined = _SEPARATOR.join((b"", *texts, b""))
    starts, ends = _bounds(joined)
    # The number of a word is a polynomial in its bytes: the difference of two sums over all the bytes before, divided
    # by the power that it begins with. All of it is modulo 2^32, where an odd base can be divided by.
    before = _scratch.sums
    sums = before[1 : len(joined) + 1]
    np.take(_VALUES, np.frombuffer(joined, np.uint8), out=sums, mode="clip")
    np.multiply(sums, _POWERS[: len(joined)], out=sums)
    np.cumsum(sums, dtype=np.uint32, out=sums)
    numbers = (before[ends] - before[starts]) * _INVERSES[starts]
    begins = np.cumsum([1] + [len(text) + 1 for text in texts])
    edges = np.searchsorted(starts, begins)
    return Words(mixed(numbers), np.repeat(np.arange(len(texts)), np.diff(edges)))


def _bounds(joined: bytes) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where words begin and end."""
    inside = np.frombuffer(joined.translate(_WORD), np.bool_)
    if joined.isascii():
        edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
        return edges[::2], edges[1::2]
    alone = np.frombuffer(joined.translate(_ALONE), np.bool_)
    begins = inside[1:] & (~inside[:-1] | alone[1:])
    ends = inside[:-1] & (~inside[1:] | alone[1:])
    return np.flatnonzero(begins) + 1, np.flatnonzero(ends) + 1


def mixed(numbers: NDArray[Any]) -> NDArray[np.uint32]:
    """Return numbers whose bits all depend on all bits of those given (the finish of MurmurHash3, 32 bits)."""
    numbers = (numbers ^ (numbers >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    numbers = (numbers ^ (numbers >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return np.asarray(numbers ^ (numbers >> np.uint32(16)))
