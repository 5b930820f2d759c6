"""However large its row groups and however small the file, Parquet is held a few megabytes at a time"""

import io
import os
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
