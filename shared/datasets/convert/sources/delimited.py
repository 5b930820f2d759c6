"""Read comma-, semicolon- or tab-separated values whose first row names the columns."""

import codecs
import csv
import re
from collections.abc import Iterator
from typing import BinaryIO

from shared.datasets.convert.rows import CannotConvert, Row, refuse_doubles
from shared.datasets.reading import Lines

#: A cell may hold a document. The limit of Python's own, 128 KiB, is meant for other files.
_MOST_CHARACTERS = 64 * 1024 * 1024
#: A first line by which Excel is told what parts the cells.
_EXCELS = re.compile(r'"?sep=.?"?\s*', re.IGNORECASE)
_OLD_MAC = re.compile(r"\r(?!\n)")


def read_delimited(stream: BinaryIO, *, tab: bool) -> Iterator[Row]:
    """Yield the rows below the header, numbered from 1; one with too few or too many cells has no record."""
    csv.field_size_limit(_MOST_CHARACTERS)
    lines = _text(stream)
    header = next((line for line in lines if line.strip()), None)
    if header is not None and _EXCELS.fullmatch(header):
        header = next(lines, None)
    if header is None:
        raise CannotConvert("The file is empty. Its first row must name the columns.")
    delimiter = "\t" if tab else ";" if header.count(";") > header.count(",") else ","
    # A column's name may hold a newline too, so the header is not read by itself.
    cells = _cells(header, lines, delimiter)
    columns = _columns(next(cells))
    for number, row in enumerate(filter(None, cells), start=1):
        if len(row) == len(columns):
            yield Row(number, dict(zip(columns, row, strict=True)))
        else:
            found = f"{len(row)} cell{'s' * (len(row) != 1)}"
            why = f"the row has {found}; the header names {len(columns)} columns. Is a quote missing?"
            yield Row(number, None, why)


def _cells(header: str, lines: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    def all_lines() -> Iterator[str]:
        yield header
        yield from lines

    reader = csv.reader(all_lines(), delimiter=delimiter, strict=True)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            if reader.line_num == 1 and _OLD_MAC.search(header):
                said = "Lines end with a carriage return alone, so that all is one line."
                raise CannotConvert(f"{said} Convert it: tr '\\r' '\\n' < FILE") from exc
            raise CannotConvert(f"Line {reader.line_num}: the cells cannot be told apart: {exc}.") from exc


def _columns(names: list[str]) -> list[str]:
    columns = [name.strip() for name in names]
    refuse_doubles(columns, "The header")
    return columns


def _text(stream: BinaryIO) -> Iterator[str]:
    decode = codecs.getincrementaldecoder("utf-8-sig")().decode
    for number, line in Lines(stream):
        if line is None:
            raise CannotConvert(f"Line {number} is over 64 MiB and was not read.")
        try:
            yield decode(line + b"\n")
        except UnicodeDecodeError as exc:
            found = f"byte {exc.start} of line {number} (0x{exc.object[exc.start]:02x})"
            raise CannotConvert(f"{found} is not UTF-8. Save the file as UTF-8.") from exc
