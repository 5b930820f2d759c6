"""Read one JSON object a line; blank lines are no rows."""

from collections.abc import Iterator
from typing import BinaryIO

from shared.datasets.convert.rows import Row, parsed
from shared.datasets.reading import Lines

_BOM = b"\xef\xbb\xbf"


def read_lines(stream: BinaryIO) -> Iterator[Row]:
    """Yield the rows, numbered as the lines of the file are."""
    for number, line in Lines(stream):
        if line is None:
            yield Row(number, None, "the line is over 64 MiB and was not read. Split it.")
            continue
        text = line.removeprefix(_BOM) if number == 1 else line
        if text.strip():
            yield parsed(number, text)
