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


def cross(kind: int, *parts: Any) -> Hashes:
    """Return the hash of `kind` and the parts, broadcast against each other (splitmix64 over each in turn)."""
    state: Any = np.full(1, kind, np.uint64)
    # Arrays wrap around silently; only numpy's scalars would warn.
    for part in parts:
        state = _mix(np.asarray(part, dtype=np.uint64) ^ (state * _GOLDEN + _A))
    return np.asarray(state, dtype=np.uint64)


def _mix(x: Any) -> Any:
    x = (x ^ (x >> np.uint64(30))) * _A
    x = (x ^ (x >> np.uint64(27))) * _B
    return x ^ (x >> np.uint64(31))
