"""Read a file line by line, packed or not"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from shared.datasets.reading.blocks import MAX_LINE_BYTES, Blocks
from shared.datasets.reading.packing import UnpackLimits
from shared.datasets.reading.plain import open_plain


class Lines:
    """Iterate once for `(number, line)`, from 1, without the newline; `line` is None when it is over the limit."""

    def __init__(
        self,
        stream: BinaryIO | Iterable[bytes],
        *,
        max_line: int = MAX_LINE_BYTES,
        limits: UnpackLimits | None = None,
    ) -> None:
        self._blocks = Blocks(open_plain(stream, limits=limits), max_line=max_line)
        self._max = max_line

    def __iter__(self) -> Iterator[tuple[int, bytes | None]]:
        for block in self._blocks:
            if block.data is None:
                yield block.first, None
            for number, line in enumerate(block.lines(), block.first):
                yield number, line if len(line) <= self._max else None
