"""Unpack gzip and zstd piece by piece, in memory that no file can make grow"""

import sys
import zlib
from collections.abc import Iterator
from typing import Protocol

from shared.datasets.reading.packing import MAGIC_BYTES, Packing, TooLarge, Unpackable, UnpackLimits, packing_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_GIVEN = 1024 * 1024
#: What comes behind a member is copied when it ends. So each member first gets little, and then more: a file of a
#: million tiny members is read in time that grows as it does, not as its square.
_WINDOW_FIRST, _WINDOW_MOST = 512, 64 * 1024
#: 128 MiB: what `zstd --ultra -22` and `--long` need, and what the command itself refuses to exceed unasked.
_ZSTD_WINDOW: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 27}
_FAULTS = (zlib.error, zstd.ZstdError)


class _Member(Protocol):
    """What the standard library's decompressors have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gzip:
    """zlib in the manner of the others."""

    def __init__(self) -> None:
        self._inflating = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inflating.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflating.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        out = self._inflating.decompress(self._inflating.unconsumed_tail + data, max_length)
        self.needs_input = len(out) < max_length and not self._inflating.unconsumed_tail
        return out


class Unpacker:
    """Feed it a file, get its plain bytes, in pieces of at most a mebibyte; one that is not packed passes through.

    Members (frames) may follow each other, as `cat a.gz b.gz` makes them. Raises Unpackable for what is damaged, breaks
    off, or unfolds beyond the limits; by then what stands before the fault has been given, unverified.
    """

    def __init__(self, limits: UnpackLimits | None = None) -> None:
        self.packing: Packing | None = None  #: Known once four bytes were fed.
        self.taken = 0
        self.given = 0
        self._limits = limits or UnpackLimits()
        self._held = b""
        self._began = False
        self._member: _Member | None = None

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield what the next piece of the file holds."""
        self.taken += len(piece)
        if self._held:
            piece, self._held = self._held + piece, b""
        if not self._began:
            if len(piece) < MAGIC_BYTES:
                self._held = piece
                return
            self._began, self.packing = True, packing_of(piece[:MAGIC_BYTES])
        yield from self._plain(piece) if self.packing is None else self._unpacked(piece)

    def end(self) -> Iterator[bytes]:
        """Yield what is left when the file has ended."""
        if not self._began:
            yield from self._plain(self._held)
        elif self._member is not None:
            raise Unpackable(
                f"the file is {self.packing} and breaks off: after {self.taken:,} bytes, and {self.given:,} unpacked, "
                "its end is missing. Send it again, whole."
            )
        elif self._held.strip(b"\0"):
            raise self._foreign(self._held)

    def _plain(self, piece: bytes) -> Iterator[bytes]:
        self.given += len(piece)
        if piece:
            yield piece

    def _unpacked(self, piece: bytes) -> Iterator[bytes]:
        at, window = 0, _WINDOW_FIRST
        while at < len(piece):
            if self._member is None:
                at += self._padding(piece, at)
                if len(piece) - at < MAGIC_BYTES:
                    self._held = piece[at:]
                    return
                self._member, window = self._next_member(piece[at : at + MAGIC_BYTES]), _WINDOW_FIRST
            part = piece[at : at + window]
            yield from self._drained(self._member, part)
            at += len(part) - len(self._member.unused_data)
            window = min(2 * window, _WINDOW_MOST)
            if self._member.eof:
                self._member = None

    def _drained(self, member: _Member, part: bytes) -> Iterator[bytes]:
        while True:
            try:
                out = member.decompress(part, _GIVEN)
            except _FAULTS as exc:
                raise self._damaged(exc) from exc
            self.given += len(out)
            self._check_limits()
            if out:
                yield out
            if member.eof or member.needs_input:
                return
            part = b""

    def _padding(self, piece: bytes, at: int) -> int:
        """Return how many zeros stand between two members: tapes and some archivers fill up with them."""
        if self.given == 0 or piece[at] != 0:
            return 0
        return len(piece) - at - len(piece[at:].lstrip(b"\0"))

    def _next_member(self, magic: bytes) -> _Member:
        if packing_of(magic) is not self.packing:
            raise self._foreign(magic)
        return _Gzip() if self.packing is Packing.GZIP else zstd.ZstdDecompressor(options=_ZSTD_WINDOW)

    def _check_limits(self) -> None:
        limits = self._limits
        if self.given > limits.bytes:
            raise TooLarge(f"the file unpacks to more than {limits.bytes:,} bytes, the limit. Split it.")
        if self.given > limits.ratio_from and self.given > limits.ratio * self.taken:
            raise TooLarge(
                f"the file unpacks to more than {limits.ratio} times its size ({self.given:,} bytes of the first "
                f"{self.taken:,}), which no dataset does. Send it unpacked."
            )

    def _damaged(self, exc: Exception) -> Unpackable:
        return Unpackable(
            f"the file is {self.packing} and damaged: within its first {self.taken:,} bytes, after {self.given:,} "
            f"unpacked, {str(exc).rstrip('.')}. Pack it again."
        )

    def _foreign(self, found: bytes) -> Unpackable:
        shown = found[:MAGIC_BYTES].hex(" ")
        return Unpackable(
            f"the file is {self.packing}, but after {self.given:,} unpacked bytes something else follows ({shown}). "
            "Pack it again, whole."
        )
