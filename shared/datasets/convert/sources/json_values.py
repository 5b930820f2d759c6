"""Cut the objects out of a JSON array, or of objects over several lines, without holding the file in memory."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from shared.datasets.convert.rows import CannotConvert, Row, parsed

_CHUNK = 256 * 1024
_MOST_BYTES = 64 * 1024 * 1024
#: Whole strings are swallowed, so that a bracket inside one is none; a lone quote begins a string that goes on.
_MARK = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},"]', re.DOTALL)
_BOM = b"\xef\xbb\xbf"


def read_values(stream: BinaryIO) -> Iterator[Row]:
    """Yield the elements of the array, numbered from 1; a broken one is a row without a record, and reading goes on.

    Raises CannotConvert when the file breaks off inside an element or has one of over 64 MiB.
    """
    for number, value in enumerate(_Cutter(stream), start=1):
        yield parsed(number, value)


class _Cutter:
    """Iterate for the bytes of each element."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._buffer = b""
        self._at = 0  # All before it was looked at.
        self._start = 0  # Where the element begins, or where the blanks before it do.
        self._depth = 0
        self._in_array: bool | None = None

    def __iter__(self) -> Iterator[bytes]:
        while True:
            mark = _MARK.search(self._buffer, self._at)
            if mark is None or mark[0] == b'"':
                if not self._read_on(mark.start() if mark else len(self._buffer)):
                    break
                continue
            self._at = mark.end()
            if (value := self._take(mark[0], mark.start())) is not None:
                yield value
        yield from self._rest()

    def _take(self, mark: bytes, at: int) -> bytes | None:
        """Move over one mark; return the element that ends at it."""
        if mark in b"[{":
            if self._in_array is None:
                self._in_array = mark == b"["
                if self._in_array:
                    self._start = self._at
                    return None
            self._depth += 1
            return None
        if mark in b"]}":
            self._depth -= 1
            if self._in_array:
                return self._cut(at) if self._depth < 0 else None
            return self._cut(self._at) if self._depth == 0 else None
        if mark == b"," and self._depth == 0:
            # Between objects without an array, a comma parts nothing: lines may end in one.
            if self._in_array:
                return self._cut(at)
            if not self._buffer[self._start : at].strip():
                self._start = self._at
        return None

    def _cut(self, end: int) -> bytes | None:
        value = self._buffer[self._start : end].strip()
        self._start = self._at
        return value or None

    def _rest(self) -> Iterator[bytes]:
        rest = self._buffer[self._start :].strip(b" \t\r\n,")
        if self._in_array and self._depth >= 0:
            raise CannotConvert("The array breaks off: its closing bracket is missing. Is the file whole?")
        if rest:
            yield rest

    def _read_on(self, at: int) -> bool:
        """Read more behind what is kept of the buffer; a long string is looked at anew, so more is read each time."""
        kept = self._buffer[self._start :]
        if len(kept) > _MOST_BYTES:
            raise CannotConvert("An element of the array is over 64 MiB. Is a quote or a bracket missing in it?")
        more = self._stream.read(max(_CHUNK, len(kept)))
        if not self._buffer and not self._at:
            more = more.removeprefix(_BOM)
        self._at = at - self._start
        self._buffer, self._start = kept + more, 0
        return bool(more)
