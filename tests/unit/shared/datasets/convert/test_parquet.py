"""However large its row groups and however small the file, Parquet is held a few megabytes at a time"""

import io
import os
import re
from itertools import accumulate
from typing import Any

import pytest

pa = pytest.importorskip("pyarrow")

from pyarrow import parquet  # noqa: E402 (after it is known to be there)

from shared.datasets.convert.rows import CannotConvert  # noqa: E402
from shared.datasets.convert.sources import parquet as source  # noqa: E402
from shared.datasets.convert.sources.parquet import read_parquet  # noqa: E402


def written(texts: list[str], **how: Any) -> io.BytesIO:
    file = io.BytesIO()
    parquet.write_table(pa.table({"text": texts}), file, row_group_size=max(1, len(texts)), **how)
    file.seek(0)
    return file


@pytest.mark.parametrize(
    ("texts", "how", "most", "remark"),
    [
        (["a few words"] * 5_000, {}, 1_000, "small rows are read by the thousand"),
        ([f"{n} words" for n in range(5_000)], {"use_dictionary": False}, 1_000, "written out too"),
        (["x" * 1_000_000] * 300, {}, 60, "one text, which every row repeats"),
        ([os.urandom(500_000).hex() for _ in range(40)], {"use_dictionary": False}, 40, "large texts"),
        ([], {}, 0, "none"),
    ],
)
def test_so_many_rows_are_held_at_once(
    texts: list[str], how: dict[str, Any], most: int, remark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    read = parquet.ParquetFile.iter_batches

    def noted(self: Any, size: int, **asked: Any) -> Any:
        for batch in read(self, size, **asked):
            sizes.append(batch.num_rows)
            yield batch

    monkeypatch.setattr(parquet.ParquetFile, "iter_batches", noted)
    found = [(row.record or {})["text"] for row in read_parquet(written(texts, **how))]
    assert found == texts
    assert max(sizes, default=0) <= most, remark


def test_a_row_that_is_larger_than_a_line_may_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_MOST_ROW_BYTES", 2 << 20)
    with pytest.raises(CannotConvert, match=r"after row 0 have about 3 MiB each; a row may have 2"):
        list(read_parquet(written(["y" * (3 << 20), "z" * (3 << 20)], use_dictionary=False, compression="none")))


def test_a_few_bytes_that_unpack_to_far_more_are_refused() -> None:
    with pytest.raises(CannotConvert, match=r"unpack from [\d,]+ bytes to [\d,]+, more than 200 times as many"):
        list(
            read_parquet(
                written([f"{n}" + "y" * 1_000_000 for n in range(80)], use_dictionary=False, compression="zstd")
            )
        )


def test_of_two_columns_with_one_name_none_is_dropped_in_silence() -> None:
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"]), file)
    with pytest.raises(CannotConvert, match=r"^The schema names 'text' more than once"):
        list(read_parquet(file))


def lists(values: Any, rows: list[int], **how: Any) -> io.BytesIO:
    file = io.BytesIO()
    offsets = pa.array([0, *accumulate(rows)], pa.int32())
    parquet.write_table(pa.table({"text": pa.ListArray.from_arrays(offsets, values)}), file, **how)
    file.seek(0)
    return file


def repeated(text: str, times: int) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array([0] * times, pa.int32()), pa.array([text]))


@pytest.mark.parametrize(
    ("file", "said", "remark"),
    [
        (lists(repeated("x" * 1_000_000, 1_000), [1_000]), "row 0 have about 953 MiB", "a kilobyte of file"),
        (lists(repeated("x" * 1_000_000, 1_000), [1] * 100 + [900]), "row 100 have about 858 MiB", "among small rows"),
        (lists(pa.array([7]).take(pa.array([0] * 10_000_000)), [10_000_000]), "row 0 unpack from", "a number"),
        (
            lists(
                pa.array(["x"]), [1], use_dictionary=False, column_encoding={"text.list.element": "DELTA_BYTE_ARRAY"}
            ),
            "are written as DELTA_BYTE_ARRAY",
            "texts that continue each other",
        ),
    ],
)
def test_a_list_that_says_one_thing_a_million_times_is_refused(file: io.BytesIO, said: str, remark: str) -> None:
    before = pa.total_allocated_bytes()
    with pytest.raises(CannotConvert, match=re.escape(said)):
        list(read_parquet(file))
    assert pa.total_allocated_bytes() - before < 100_000_000, remark


def test_lists_are_read_as_they_were_written() -> None:
    rows = [
        {
            "messages": [{"role": "user", "content": "x" * n, "n": [n]}, {"role": "assistant", "content": "é"}],
            "pairs": [("a", "y" * (n % 7)), ("b", "")],
        }
        for n in range(2_000)
    ]
    file = io.BytesIO()
    pairs = pa.array([row["pairs"] for row in rows], pa.map_(pa.string(), pa.string()))
    parquet.write_table(pa.table({"messages": [row["messages"] for row in rows], "pairs": pairs}), file)
    assert [row.record for row in read_parquet(file)] == rows


@pytest.mark.parametrize(
    "kind",
    [
        pa.map_(pa.string(), pa.string()),
        pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())])),
        pa.large_list(pa.list_(pa.string())),
        pa.list_(pa.list_(pa.string(), 2)),
    ],
)
def test_a_row_of_any_shape_is_measured_by_itself(kind: Any) -> None:
    texts = ["x" * 30_000_000, "y"]
    value: Any = {"key": texts[0], "value": texts[1]} if "struct" in str(kind) else tuple(texts)
    rows = [[value], [value, value, value], [value]]
    file = io.BytesIO()
    parquet.write_table(pa.table({"text": pa.array(rows, kind)}), file)
    read = read_parquet(file)
    assert next(read).number == 1
    with pytest.raises(CannotConvert, match="after row 1 have about 85 MiB"):
        next(read)
