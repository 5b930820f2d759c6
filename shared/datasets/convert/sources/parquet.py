"""Read Parquet a batch at a time, where pyarrow is installed."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from shared.datasets.convert.rows import CannotConvert, Row, refuse_doubles
from shared.datasets.reading import UnpackLimits

#: Rows held at once: a page of text each, some megabytes.
_BATCH = 1_000
#: As much as a batch is to take at most; of rows that are larger one is held at a time.
_BATCH_BYTES = 32 * 1024 * 1024
#: A page, of which there may be one in a group, is held whole: it must not be a bomb.
_LIMITS = UnpackLimits()
#: As of a line of JSON.
_MOST_ROW_BYTES = 64 * 1024 * 1024
#: What a value of a list takes at least.
_VALUE_BYTES = 8
#: Each text says how much it has in common with the one before: all that the column has may stand in each.
_PREFIXES = "DELTA_BYTE_ARRAY"
#: A column is read in pieces of this size: without, all of it that stands in a row group, which may be the file.
_BUFFER = 1024 * 1024


def read_parquet(stream: BinaryIO) -> Iterator[Row]:
    """Yield the rows, numbered from 1; what is null is left out, for Parquet writes every key that any row has.

    A row group may have gigabytes: what is held is a batch, smaller where rows are large, and a page of each column.
    Raises CannotConvert when a row has over 64 MiB, and for a group of over 64 MiB that unpacks to 200 times its size.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 (40 MB, for one source)
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        message = "Parquet needs pyarrow, which is not installed. Install it: pip install 'tuneyard[parquet]'"
        raise CannotConvert(message) from None
    number = 0
    try:
        file = parquet.ParquetFile(stream, buffer_size=_BUFFER, pre_buffer=False)
        refuse_doubles(file.schema_arrow.names, "The schema")
        # Read as it is written, a text that stands in one row ten thousand times is held once, and can be counted.
        kept = {"read_dictionary": _nested_texts(file.metadata.schema), "buffer_size": _BUFFER, "pre_buffer": False}
        file = parquet.ParquetFile(stream, metadata=file.metadata, **kept)
        for group in range(file.num_row_groups):
            size = _rows_at_once(file.metadata.row_group(group), file.metadata.schema, number)
            for batch in file.iter_batches(size, row_groups=[group]):
                for record in _records(batch, number):
                    number += 1
                    yield Row(number, _without_nulls(record))
    except (pa.ArrowException, OSError, ValueError) as exc:
        said = str(exc).strip().splitlines()[0].rstrip(".")[:200]
        raise CannotConvert(f"The file cannot be read as Parquet (after row {number}): {said}.") from exc


def _nested_texts(schema: Any) -> list[str]:
    columns = [schema.column(index) for index in range(len(schema)) if schema.column(index).max_repetition_level]
    return [one.path for one in columns if one.physical_type == "BYTE_ARRAY" and one.converted_type != "DECIMAL"]


def _records(batch: Any, before: int) -> Iterator[dict[str, Any]]:
    if sum(map(_plain_bytes, batch.columns)) <= _MOST_ROW_BYTES:
        yield from batch.to_pylist()
        return
    for place in range(batch.num_rows):
        row = batch.slice(place, 1)
        if (size := sum(map(_plain_bytes, row.columns))) > _MOST_ROW_BYTES:
            raise _too_large(before + place, size)
        yield from row.to_pylist()


def _plain_bytes(array: Any) -> int:
    """Return how many bytes the values have, each text as often as it comes."""
    from pyarrow import compute, types  # noqa: PLC0415

    kind = array.type
    if types.is_dictionary(kind):
        lengths = compute.binary_length(array.dictionary)
        return compute.sum(lengths.take(array.indices)).as_py() or 0
    if types.is_struct(kind):
        return sum(map(_plain_bytes, array.flatten()))
    if types.is_map(kind):
        first, last = array.offsets[0].as_py(), array.offsets[-1].as_py()
        return sum(_plain_bytes(part.slice(first, last - first)) for part in (array.keys, array.items))
    if types.is_nested(kind):
        return _plain_bytes(array.flatten()) + 4 * len(array)
    size: int = array.nbytes
    return size


def _rows_at_once(group: Any, schema: Any, before: int) -> int:
    """Return how many rows of a group may be held at once, judged by the sizes that the file tells of it."""
    columns = [group.column(index) for index in range(group.num_columns)]
    depths = [schema.column(index).max_repetition_level for index in range(group.num_columns)]
    packed = sum(column.total_compressed_size for column in columns)
    plain = sum(map(_unpacked, columns, depths))
    if plain > _LIMITS.ratio_from and plain > _LIMITS.ratio * packed:
        said = f"The rows after row {before} unpack from {packed:,} bytes to {plain:,}, more than {_LIMITS.ratio} times"
        raise CannotConvert(f"{said} as many. Write the file without compression.")
    rows = max(1, group.num_rows)
    if plain // rows > _MOST_ROW_BYTES:
        raise _too_large(before, plain // rows)
    row = sum(map(_largest, columns)) + plain // rows
    return max(1, min(_BATCH, _BATCH_BYTES // max(1, int(row))))


def _unpacked(column: Any, lists: int) -> int:
    """Return what a column within so many lists unpacks to: there a few bytes may stand for millions of values."""
    if lists and _PREFIXES in column.encodings:
        said = f'The lists of the column "{column.path_in_schema}" are written as {_PREFIXES}, which hides their size.'
        raise CannotConvert(f"{said} Write it with a dictionary, or plain.")
    size: int = column.total_uncompressed_size
    return max(size, column.num_values * _VALUE_BYTES) if lists else size


def _largest(column: Any) -> int:
    """Return how large a value may be that stands in the column once, and may come in every row."""
    if _PREFIXES in column.encodings:
        return int(column.total_uncompressed_size)
    if not column.has_dictionary_page:
        return 0
    share = (column.data_page_offset - column.dictionary_page_offset) / max(1, column.total_compressed_size)
    return int(share * column.total_uncompressed_size)


def _too_large(before: int, size: int) -> CannotConvert:
    said = f"The rows after row {before} have about {size >> 20:,} MiB each; a row may have {_MOST_ROW_BYTES >> 20}."
    return CannotConvert(f"{said} Split their texts.")


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value
