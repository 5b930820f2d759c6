"""What is moved into large pages is what it was, and lies there where the system has them"""

import ctypes
import mmap
import sys
from pathlib import Path

import pytest

from shared.tokenizer.pages import in_large_pages

_MIB = 1024 * 1024


def large_kib() -> int:
    rollup = Path("/proc/self/smaps_rollup").read_text("ascii")
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("AnonHugePages:"))


def test_what_is_moved_is_what_it_was() -> None:
    with in_large_pages():
        tables = [bytearray(b"%06d" % number * 700_000) for number in range(4)]
    assert all(table == b"%06d" % number * 700_000 for number, table in enumerate(tables))


def has_large_pages() -> bool:
    """Ask the system itself, by a call of the test's own: what is tested must not decide whether it is."""
    if sys.platform != "linux":
        return False
    with mmap.mmap(-1, 4 * _MIB, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as area:
        area.write(b"x" * len(area))
        there = ctypes.c_char.from_buffer(area)
        first = -(-ctypes.addressof(there) // (2 * _MIB)) * 2 * _MIB
        madvise = ctypes.CDLL(None, use_errno=True).madvise
        refused = madvise(ctypes.c_void_p(first), ctypes.c_size_t(2 * _MIB), 25)  # MADV_COLLAPSE
        del there
    return not refused


@pytest.mark.skipif(not has_large_pages(), reason="the system is older than Linux 6.1, or has no large pages")
def test_it_lies_in_large_pages_where_there_are_any() -> None:
    before = large_kib()
    with in_large_pages():
        table = bytearray(b"x" * (32 * _MIB))
    assert large_kib() - before >= len(table) // 1024 // 2
