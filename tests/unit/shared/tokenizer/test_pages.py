"""What is moved into large pages is what it was, and lies there where the system has them"""

import sys
from pathlib import Path

import pytest

from shared.tokenizer.pages import in_large_pages

_MIB = 1024 * 1024
_ENABLED = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def large_kib() -> int:
    rollup = Path("/proc/self/smaps_rollup").read_text("ascii")
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("AnonHugePages:"))


def test_what_is_moved_is_what_it_was() -> None:
    with in_large_pages():
        tables = [bytearray(b"%06d" % number * 700_000) for number in range(4)]
    assert all(table == b"%06d" % number * 700_000 for number, table in enumerate(tables))


@pytest.mark.skipif(
    sys.platform != "linux" or not _ENABLED.exists() or "[never]" in _ENABLED.read_text("ascii"),
    reason="the system has no large pages",
)
def test_it_lies_in_large_pages_where_there_are_any() -> None:
    before = large_kib()
    with in_large_pages():
        table = bytearray(b"x" * (32 * _MIB))
    if large_kib() == before:
        pytest.skip("the system is older than Linux 6.1, or out of large pages")
    assert large_kib() - before >= len(table) // 1024 // 2
