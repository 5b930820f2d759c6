"""Read Parquet a batch at a time, where pyarrow is installed."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from shared.datasets.convert.rows import CannotConvert, Row

#: Rows held at once: a page of text each, some megabytes.
_BATCH = 1_000


def read_parquet(stream: BinaryIO) -> Iterator[Row]:
    """Yield the rows, numbered from 1; what is null is left out, for Parquet writes every key that any row has."""
    try:
        import pyarrow as pa  # noqa: PLC0415 (40 MB, for one source)
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        message = "Parquet needs pyarrow, which is not installed. Install it: pip install 'tuneyard[parquet]'"
        raise CannotConvert(message) from None
    number = 0
    try:
        for batch in parquet.ParquetFile(stream).iter_batches(batch_size=_BATCH):
            for record in batch.to_pylist():
                number += 1
                yield Row(number, _without_nulls(record))
    except (pa.ArrowException, OSError, ValueError) as exc:
        said = str(exc).strip().splitlines()[0].rstrip(".")[:200]
        raise CannotConvert(f"The file cannot be read as Parquet (after row {number}): {said}.") from exc


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value
