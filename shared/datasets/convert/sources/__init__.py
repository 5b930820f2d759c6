"""What a file is made of: lines or an array of JSON, comma- or tab-separated values, Parquet; each read row by row."""

import re
from collections.abc import Iterator
from enum import StrEnum

from shared.datasets.checks.whole import LFS_POINTER
from shared.datasets.convert.rows import CannotConvert, Row
from shared.datasets.convert.sources.delimited import read_delimited
from shared.datasets.convert.sources.json_lines import read_lines
from shared.datasets.convert.sources.json_values import read_values
from shared.datasets.convert.sources.parquet import read_parquet
from shared.datasets.formats import bare_key, is_json
from shared.datasets.reading.opener import Opener

_HEAD = 64 * 1024
#: A long line that is the array of one conversation.
_BARE = re.compile(rb'\[\s*\{\s*"(?:role|from)"')
_BOM = b"\xef\xbb\xbf"
#: Files that look like text to nobody, by their first bytes.
_OTHERS = {
    b"PK\x03\x04": "a zip archive or a spreadsheet. Save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet. Save it as CSV",
    b"ARROW1": "an Arrow file. Write it as Parquet",
    LFS_POINTER: "a pointer of Git LFS, not the data itself. Fetch it: git lfs pull",
    b"\xff\xfe": "UTF-16. Save it as UTF-8",
    b"\xfe\xff": "UTF-16. Save it as UTF-8",
}


class Container(StrEnum):
    """How the records lie in a file."""

    LINES = "jsonl"  #: One JSON object a line.
    JSON = "json"  #: An array of objects, or objects over several lines, one after the other.
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"


def rows(open_: Opener, container: Container) -> Iterator[Row]:
    """Yield the rows of one pass. Parquet needs a stream that can seek; the others are read once, in order."""
    with open_() as stream:
        match container:
            case Container.LINES:
                yield from read_lines(stream)
            case Container.JSON:
                yield from read_values(stream)
            case Container.CSV | Container.TSV:
                yield from read_delimited(stream, tab=container is Container.TSV)
            case Container.PARQUET:
                yield from read_parquet(stream)


def detect(open_: Opener) -> Container:
    """Return what the first bytes say the file is; raise CannotConvert when they say nothing that can be read."""
    with open_() as stream:
        head = stream.read(_HEAD)
    for magic, name in _OTHERS.items():
        if head.startswith(magic):
            raise CannotConvert(f"The file is {name}.")
    if head.startswith(b"PAR1"):
        return Container.PARQUET
    text = head.removeprefix(_BOM).lstrip()
    if not text:
        blank = "The file begins with 64 KiB of blanks. Take them out."
        raise CannotConvert("The file is empty." if len(head) < _HEAD else blank)
    first, newline, _ = text.partition(b"\n")
    if text.startswith(b"{"):
        # The first line of a large object may go on beyond the head: then it is one line all the same.
        return Container.LINES if not newline or is_json(first.strip()) else _of_objects(first)
    if text.startswith(b"["):
        return Container.LINES if bare_key(first) or (not newline and _BARE.match(text)) else Container.JSON
    if first.count(b"\t") > max(first.count(b","), first.count(b";")):
        return Container.TSV
    if b"," in first or b";" in first:
        return Container.CSV
    said = "What the file is cannot be told from its beginning. Name it: jsonl, json, csv or tsv."
    raise CannotConvert(said, option="--from NAME")


def _of_objects(first: bytes) -> Container:
    """A first line that ends open goes on in the next; any other broken line is one bad line among others."""
    return Container.JSON if first.strip().endswith((b"{", b"[", b",")) else Container.LINES
