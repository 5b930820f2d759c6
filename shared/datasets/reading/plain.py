"""Read the plain bytes of a file that may be packed"""

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import BinaryIO

from shared.datasets.reading.packing import Packing, UnpackLimits
from shared.datasets.reading.unpacker import Unpacker

_CHUNK = 256 * 1024  # Fits in a core's cache: a tenth faster than a megabyte.


class Plain:
    """Iterate once for the plain bytes of a stream; `taken` counts what was read of it, `given` what came of that."""

    def __init__(self, chunks: Iterator[bytes], limits: UnpackLimits | None) -> None:
        self._chunks = chunks
        self._unpacker = Unpacker(limits)

    @property
    def packing(self) -> Packing | None:
        """What the stream is packed with; None before its first four bytes, and for a plain one."""
        return self._unpacker.packing

    @property
    def taken(self) -> int:
        return self._unpacker.taken

    @property
    def given(self) -> int:
        return self._unpacker.given

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            yield from self._unpacker.feed(chunk)
        yield from self._unpacker.end()


def open_plain(stream: BinaryIO | Iterable[bytes], *, limits: UnpackLimits | None = None) -> Plain:
    """Return the plain bytes of a file: as they are, or unpacked from gzip or zstd, whatever the file is called.

    Raises Unpackable, while it is iterated, for what cannot be unpacked or unfolds beyond the limits.
    """
    return Plain(chunks(stream), limits)


async def unpacked(stream: AsyncIterator[bytes], *, limits: UnpackLimits | None = None) -> AsyncIterator[bytes]:
    """Do as `open_plain`, for a stream that arrives: how a packed file is handed to a provider."""
    unpacker = Unpacker(limits)
    async for chunk in stream:
        for piece in unpacker.feed(chunk):
            yield piece
    for piece in unpacker.end():
        yield piece


def chunks(stream: BinaryIO | Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a file or of whatever gives them in pieces."""
    if hasattr(stream, "read"):
        while chunk := stream.read(_CHUNK):
            yield chunk
        return
    for part in stream:
        data = bytes(part)  # object stores hand out buffers of their own kind
        for at in range(0, len(data), _CHUNK):
            yield data[at : at + _CHUNK]
