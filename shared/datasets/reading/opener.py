"""Open a file that may be packed as one that is not, anew for each pass"""

import io
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from shared.datasets.reading.packing import MAGIC_BYTES, UnpackLimits, packing_of
from shared.datasets.reading.plain import open_plain

#: Opens a file from its beginning.
Opener = Callable[[], BinaryIO]
_BUFFER = 256 * 1024


def unpacking(open_: Opener, limits: UnpackLimits | None = None) -> Opener:
    """Return an opener of the plain bytes. A file that is not packed is opened as it is, so that it can seek."""

    def opened() -> BinaryIO:
        with open_() as stream:
            packing = packing_of(stream.read(MAGIC_BYTES).ljust(MAGIC_BYTES, b"\0"))
        stream = open_()
        if packing is None:
            return stream
        return cast(BinaryIO, io.BufferedReader(_Unpacked(stream, limits), _BUFFER))

    return opened


class _Unpacked(io.RawIOBase):
    """A stream of what another unpacks to."""

    def __init__(self, stream: BinaryIO, limits: UnpackLimits | None) -> None:
        self._stream = stream
        self._pieces: Iterator[bytes] = iter(open_plain(stream, limits=limits))
        self._held = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._held:
            self._held = memoryview(next(self._pieces, b""))
        given = min(len(buffer), len(self._held))
        buffer[:given] = self._held[:given]
        self._held = self._held[given:]
        return given

    def close(self) -> None:
        self._stream.close()
        super().close()
