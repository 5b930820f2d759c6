"""Pass over long runs of blank lines at once: a megabyte may hold a million of them"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.datasets.reading import Block
from shared.datasets.reading.blocks import lines_in

#: Shorter runs are looked at line by line, as fast as it takes to find them.
_FEWEST = 64
_RUN = re.compile(rb"\n{%d,}|(?:\r\n){%d,}" % (_FEWEST + 1, _FEWEST + 1))
_SIGNS = (b"\n" * (_FEWEST + 1), b"\r\n" * (_FEWEST + 1))


@dataclass(frozen=True, slots=True)
class Blanks:
    """So many blank lines that follow each other, from line `first`, and all end in CR LF or all in LF."""

    first: int
    count: int
    is_crlf: bool


def pieces(block: Block) -> Iterator[Block | Blanks]:
    """Yield a block in the order of its lines, long runs of blank lines by themselves."""
    data = block.data
    if data is None or not any(sign in data for sign in _SIGNS):
        yield block
        return
    number, start = block.first, 0
    for run in _RUN.finditer(data):
        width = 1 if data[run.start()] == ord("\n") else 2
        # The first of the ends belongs to the line before, if one is open.
        is_new = run.start() == 0 or data[run.start() - 1] == ord("\n")
        begin = run.start() if is_new else run.start() + width
        if begin > start:
            before = _numbered(data[start:begin], number)
            number = before.last + 1
            yield before
        blanks = Blanks(number, (run.end() - begin) // width, is_crlf=width == 2)
        number += blanks.count
        start = run.end()
        yield blanks
    if start < len(data):
        yield _numbered(data[start:], number)


def _numbered(data: bytes, first: int) -> Block:
    return Block(first, first + lines_in(data) - 1, data)
