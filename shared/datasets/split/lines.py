"""The lines of a dataset that hold an example, without what stands around them."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from shared.datasets.reading import Lines

_BOM = b"\xef\xbb\xbf"


def example_lines(stream: BinaryIO | Iterable[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Yield number and bytes of each line that is not blank; None for one that is too long to be read."""
    for number, line in Lines(stream):
        text = line.removeprefix(_BOM) if line is not None and number == 1 else line
        if text is None or text.strip():
            yield number, text
