"""Read the words of many texts at once, each as a number of 32 bits, by arithmetic on their bytes"""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: The bytes of one batch at most: its arrays then stay in the processor's cache.
MOST_BYTES = 1 << 18
_SEPARATOR = b"\x00"
#: Bytes of a word that are read at a time; what lies beyond the first 32 is read word by word, as few have it.
_STEP, _LONG = 8, 32

#: ASCII letters without their case, digits, and all that is beyond ASCII; zeros for the rest, which ends a word.
_FOLDED = bytes(byte if byte >= 0x80 else ord(chr(byte).lower()) if chr(byte).isalnum() else 0 for byte in range(256))
#: First bytes of kana, Chinese and Hangul in UTF-8: written without blanks, so that each character is a word.
_ALONE_FIRST, _ALONE_LAST = np.uint8(0xE3), np.uint8(0xED)

#: What is left of eight bytes when so many belong to the word.
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(_STEP + 1)], np.uint64)
_FACTOR, _HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a batch in their order: a number for each, and how many each text has."""

    numbers: NDArray[np.uint32]
    counts: NDArray[np.intp]


def read_words(texts: list[bytes]) -> Words:
    """Return the words of texts that have `MOST_BYTES` together at most, separators included.

    A word is a run of ASCII letters and digits and of whatever is beyond ASCII; equal words have equal numbers.
    """
    # Before the first word and behind the last one is a separator, and behind that what is read beyond its end.
    joined = _SEPARATOR.join((b"", *texts, bytes(_STEP)))
    folded = joined.translate(_FOLDED)
    starts, ends = _bounds(np.frombuffer(folded, np.uint8))
    begins = np.cumsum([1] + [len(text) + 1 for text in texts])
    return Words(_numbers(folded, starts, ends), np.diff(np.searchsorted(starts, begins)))


def _bounds(folded: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where words begin and end."""
    inside = folded != 0
    alone = folded - _ALONE_FIRST <= _ALONE_LAST - _ALONE_FIRST
    if not alone.any():
        edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
        return edges[::2], edges[1::2]
    begins = inside[1:] & (~inside[:-1] | alone[1:])
    ends = inside[:-1] & (~inside[1:] | alone[1:])
    return np.flatnonzero(begins) + 1, np.flatnonzero(ends) + 1


def _numbers(folded: bytes, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.uint32]:
    """Return the number of each word: eight bytes of every word at a time, mixed into what was before."""
    # The eight bytes from each byte on.
    eights: NDArray[np.uint64] = np.ndarray((len(folded) - _STEP + 1,), "<u8", folded, strides=(1,))
    sizes = ends - starts
    numbers = (eights[starts] & _MASKS[np.minimum(sizes, _STEP)]) * _FACTOR
    done, longer = _STEP, np.flatnonzero(sizes > _STEP)
    while len(longer) and done < _LONG:
        taken = eights[starts[longer] + done] & _MASKS[np.minimum(sizes[longer] - done, _STEP)]
        before = numbers[longer]
        numbers[longer] = (before ^ before >> _HALF ^ taken) * _FACTOR
        done += _STEP
        longer = longer[sizes[longer] > done]
    rests = [zlib.crc32(folded[starts[place] + done : ends[place]]) << 32 for place in longer.tolist()]
    numbers[longer] += np.array(rests, np.uint64)
    return mixed((numbers >> _HALF).astype(np.uint32))


def mixed(numbers: NDArray[Any]) -> NDArray[np.uint32]:
    """Return numbers whose bits all depend on all bits of those given (the finish of MurmurHash3, 32 bits)."""
    numbers = (numbers ^ (numbers >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    numbers = (numbers ^ (numbers >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return np.asarray(numbers ^ (numbers >> np.uint32(16)))
