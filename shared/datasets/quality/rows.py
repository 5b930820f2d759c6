"""Keep a few small facts of each example in packed rows, which pickle fast and join in file order."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: What is known of an example, in 51 bytes: its name, and how it is kept. The keys are 8 bytes of a hash each.
_LAYOUT = np.dtype(
    [
        ("line", "<u8"),
        ("example", "<u8"),  #: Key of all that is said.
        ("prompt", "<u8"),  #: Key of what stands before the answer.
        ("answer", "<u8"),  #: Key of the answer.
        ("system", "<u8"),  #: Key of the system prompt; 0 for none.
        ("keys", "<u4"),  #: Of an answer that is a JSON object: its keys, hashed.
        ("length", "<u4"),  #: Characters of the answer.
        ("shape", "<u1"),
        ("language", "<u1"),
        ("flags", "<u1"),
    ]
)
#: Flags.
REFUSES, ENDS, UNFINISHED, SAMPLED, UNGROUNDED, ASKS_LANGUAGE = 1, 2, 4, 8, 16, 32


class Rows:
    """The facts of the examples seen so far, in their order: 51 bytes each."""

    __slots__ = ("packed",)

    def __init__(self) -> None:
        self.packed = bytearray()

    def __len__(self) -> int:
        return len(self.packed) // _LAYOUT.itemsize

    def add(self, number: int, **facts: ArrayLike) -> None:
        """Add so many examples, by the values of each fact."""
        rows = np.empty(number, _LAYOUT)
        for fact, values in facts.items():
            rows[fact] = values
        self.packed += rows.tobytes()

    def extend(self, other: "Rows") -> None:
        """Add the examples that follow."""
        self.packed += other.packed

    def __getitem__(self, fact: str) -> NDArray[Any]:
        """Return a fact of every example."""
        # A copy: while a view of them is held, the rows could not grow.
        return np.frombuffer(self.packed, _LAYOUT)[fact].copy()
