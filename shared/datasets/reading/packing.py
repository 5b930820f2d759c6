"""How a file may be packed, told by its first bytes; how far it may unfold; and why one cannot be unpacked"""

from dataclasses import dataclass
from enum import StrEnum

from shared.errors import Refused

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
#: A zstd frame to be skipped has a magic number of 0x184D2A50 to 0x184D2A5F (RFC 8878, 3.1.2); pzstd begins with one.
_SKIPPED, _SKIPPED_FIRST = b"\x2a\x4d\x18", range(0x50, 0x60)
MAGIC_BYTES = 4
_MIB = 1024 * 1024


class Packing(StrEnum):
    """What a file is packed with. Its name is never asked: a `.gz` may be plain, and the other way round."""

    GZIP = "gzip"
    ZSTD = "zstd"


def packing_of(first: bytes) -> Packing | None:
    """Return what a file, or a member of one, that begins with these four bytes is packed with; None for any other."""
    if first.startswith(_GZIP):
        return Packing.GZIP
    if first.startswith(_ZSTD) or (first[1:4] == _SKIPPED and first[0] in _SKIPPED_FIRST):
        return Packing.ZSTD
    return None


@dataclass(frozen=True)
class UnpackLimits:
    """How far a packed file may unfold. Datasets shrink to a third or a fourth; a bomb, to a thousandth and less."""

    bytes: int = 2048 * _MIB
    #: Plain bytes for each packed one, looked at when there are more than `ratio_from` of them.
    ratio: int = 200
    ratio_from: int = 64 * _MIB


class Unpackable(Refused):
    """The file cannot be unpacked. `code` is the finding that says so in a report."""

    code = "packed_file_broken"


class TooLarge(Unpackable):
    """The file unfolds further than it may."""

    code = "unpacked_too_large"
