"""Keep a few small facts of each example in packed rows, which pickle fast and join in file order."""

import struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: What is known of an example: its name, how it is packed, and how NumPy reads it.
_FACTS = (
    ("line", "Q", "u8"),
    ("example", "8s", "u8"),
    ("prompt", "8s", "u8"),
    ("answer", "8s", "u8"),
    ("system", "8s", "u8"),
    ("keys", "I", "u4"),
    ("length", "I", "u4"),
    ("shape", "B", "u1"),
    ("language", "B", "u1"),
    ("flags", "B", "u1"),
)
#: Flags.
REFUSES, ENDS, UNFINISHED, SAMPLED, UNGROUNDED, ASKS_LANGUAGE = 1, 2, 4, 8, 16, 32

_LAYOUT = np.dtype([(name, f"<{kind}") for name, _, kind in _FACTS])
_pack = struct.Struct("<" + "".join(packed for _, packed, _ in _FACTS)).pack
NO_KEY = bytes(8)


class Row(NamedTuple):
    """The facts of one example, in the order in which they are packed."""

    line: int
    example: bytes  #: Key of all that is said.
    prompt: bytes  #: Key of what stands before the answer.
    answer: bytes  #: Key of the answer.
    system: bytes  #: Key of the system prompt; zeros for none.
    keys: int  #: Of an answer that is a JSON object: its keys, hashed.
    length: int  #: Characters of the answer.
    shape: int
    language: int
    flags: int


class Rows:
    """The facts of the examples seen so far, in their order: 51 bytes each."""

    __slots__ = ("packed",)

    def __init__(self) -> None:
        self.packed = bytearray()

    def __len__(self) -> int:
        return len(self.packed) // _LAYOUT.itemsize

    def append(self, row: Row) -> None:
        """Add an example."""
        self.packed += _pack(*row)

    def extend(self, other: "Rows") -> None:
        """Add the examples that follow."""
        self.packed += other.packed

    def __getitem__(self, fact: str) -> NDArray[Any]:
        """Return a fact of every example."""
        # A copy: while a view of them is held, the rows could not grow.
        return np.frombuffer(self.packed, _LAYOUT)[fact].copy()
