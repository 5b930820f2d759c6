"""Keep a few small facts of each example in packed rows, which pickle fast and join in file order."""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: What is known of an example: its name, how it is packed, and how NumPy reads it.
_FACTS = (
    ("line", "Q", "u8"),
    ("example", "8s", "u8"),  #: Key of all that is said.
    ("prompt", "8s", "u8"),  #: Key of what stands before the answer.
    ("answer", "8s", "u8"),  #: Key of the answer.
    ("length", "I", "u4"),  #: Characters of the answer.
)
_LAYOUT = np.dtype([(name, f"<{kind}") for name, _, kind in _FACTS])
_pack = struct.Struct("<" + "".join(packed for _, packed, _ in _FACTS)).pack
assert struct.Struct("<" + "".join(packed for _, packed, _ in _FACTS)).size == _LAYOUT.itemsize


class Rows:
    """The facts of the examples seen so far, in their order: some forty bytes each."""

    __slots__ = ("packed",)

    def __init__(self) -> None:
        self.packed = bytearray()

    def __len__(self) -> int:
        return len(self.packed) // _LAYOUT.itemsize

    def append(self, line: int, example: bytes, prompt: bytes, answer: bytes, length: int) -> None:
        """Add an example."""
        self.packed += _pack(line, example, prompt, answer, length)

    def extend(self, other: "Rows") -> None:
        """Add the examples that follow."""
        self.packed += other.packed

    def __getitem__(self, fact: str) -> NDArray[Any]:
        """Return a fact of every example."""
        # A copy: while a view of them is held, the rows could not grow.
        return np.frombuffer(self.packed, _LAYOUT)[fact].copy()
