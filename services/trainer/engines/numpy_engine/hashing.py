"""Give words, tokens and their crossings 64-bit names that are the same in every process."""

from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_A = np.uint64(0xBF58476D1CE4E5B9)
_B = np.uint64(0x94D049BB133111EB)


@lru_cache(maxsize=100_000)
def of_text(text: str) -> int:
    """Return the hash of a string."""
    return int.from_bytes(blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest(), "little")


def one(value: int) -> Hashes:
    """Return a hash as an array: arrays wrap around silently, where numpy's scalars would warn."""
    return np.full((1, 1), value, np.uint64)


def begun(kind: int, values: Any) -> Hashes:
    """Return the hash of `kind` and each value."""
    return joined(one(kind), np.asarray(values).astype(np.uint64))


def joined(state: Hashes, values: Hashes) -> Hashes:
    """Return the hash of each state followed by each value, broadcast (splitmix64)."""
    x = values ^ (state * _GOLDEN + _A)
    x = (x ^ (x >> np.uint64(30))) * _A
    x = (x ^ (x >> np.uint64(27))) * _B
    return np.asarray(x ^ (x >> np.uint64(31)))
