"""Cut a stream of bytes into blocks of whole, numbered lines, in memory that does not grow with the file"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

#: A longer line is reported and skipped: reading it whole would let one line decide how much memory a check takes.
MAX_LINE_BYTES = 64 * 1024 * 1024
#: The first is small, so that the first finding is told at once and a small file needs no second process.
SIZES = (64 * 1024, 448 * 1024, 2 * 1024 * 1024)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that follow each other. `data` is None for one line that is over the limit and was not kept."""

    first: int  #: The number of its first line, from 1.
    last: int
    data: bytes | None

    def lines(self) -> Iterator[bytes]:
        """Yield the lines, each without its newline."""
        data, start = self.data or b"", 0
        find = data.find  # Three times as fast as `split`, where lines are long, and the line at hand is in the cache.
        while (end := find(b"\n", start)) >= 0:
            yield data[start:end]
            start = end + 1
        if start < len(data):
            yield data[start:]


class Blocks:
    """Iterate once for the blocks of a text; `count` is the number of lines in those that were given."""

    def __init__(
        self, chunks: Iterable[bytes], *, max_line: int = MAX_LINE_BYTES, sizes: tuple[int, ...] = SIZES
    ) -> None:
        self._chunks = chunks
        self._max = max_line
        self._sizes = list(reversed(sizes))
        self._held: list[bytes | memoryview] = []
        self._size = 0  # of what is held
        self._open = 0  # of the line that has no end yet
        self.count = 0

    def __iter__(self) -> Iterator[Block]:
        for chunk in self._chunks:
            yield from self._take(chunk)
        if self._open > self._max:
            yield self._too_long()
        elif self._size:
            yield self._block()

    def _take(self, chunk: bytes) -> Iterator[Block]:
        end = chunk.rfind(b"\n") + 1
        if end == 0:
            yield from self._go_on(chunk)
            return
        if self._open > self._max:
            # Its last piece: the line was over the limit already.
            start = chunk.index(b"\n") + 1
            yield self._too_long()
            chunk, end = chunk[start:], end - start
        self._hold(memoryview(chunk)[:end])  # It is copied once, into its block.
        if self._size >= self._sizes[-1]:
            yield self._block()
        self._open = 0
        yield from self._go_on(chunk[end:])

    def _go_on(self, chunk: bytes) -> Iterator[Block]:
        """Take a chunk without a newline."""
        within = self._open <= self._max
        self._open += len(chunk)
        if self._open <= self._max:
            self._hold(chunk)
        elif within:
            yield from self._let_go()

    def _let_go(self) -> Iterator[Block]:
        """Give the lines before the one that has just grown over the limit, and forget that one's beginning."""
        text = b"".join(self._held)
        self._held, self._size = [], 0
        self._hold(text[: text.rfind(b"\n") + 1])
        if self._size:
            yield self._block()

    def _hold(self, piece: bytes | memoryview) -> None:
        if piece:
            self._held.append(piece)
            self._size += len(piece)

    def _block(self) -> Block:
        data = b"".join(self._held)
        self._held, self._size = [], 0
        if len(self._sizes) > 1:
            self._sizes.pop()
        return self._numbered(data, lines_in(data))

    def _too_long(self) -> Block:
        self._open = 0
        return self._numbered(None, 1)

    def _numbered(self, data: bytes | None, lines: int) -> Block:
        first = self.count + 1
        self.count += lines
        return Block(first, self.count, data)


def lines_in(data: bytes) -> int:
    """Return how many lines stand in a text, the last one included that has no end."""
    newlines = np.count_nonzero(np.frombuffer(data, np.uint8) == ord("\n"))  # Five times as fast as `data.count`.
    return int(newlines) + (not data.endswith(b"\n"))
