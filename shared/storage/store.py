"""Keep bytes under a name: S3, GCS, Azure or a folder, by the URL's scheme."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from shared.errors import NotFound, Unavailable, WrongSettings

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Stored:
    """What was written: its size in bytes and its SHA-256 in hex."""

    bytes: int
    sha256: str


class Storage:
    """Objects by name. A name is written once; a put that breaks off leaves nothing behind under it."""

    def __init__(self, url: str) -> None:
        try:
            self._store: ObjectStore = _opened(url)
        except (BaseError, OSError, ValueError) as exc:
            # Of its own words the first line is for people; the rest is a dump, with credentials where there are some.
            why = str(exc).splitlines()[0].removesuffix(".")
            raise WrongSettings(f"TUNEYARD_STORAGE_URL names a storage that cannot be opened: {why}.") from exc
        self._halves = _Halves(url)

    async def put(self, name: str, chunks: AsyncIterator[bytes]) -> Stored:
        """Write the stream, a piece at a time; raise Unavailable when the storage does not take it."""
        digest, size = hashlib.sha256(), 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size
            async for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                yield chunk

        try:
            await self._store.put_async(name, counted())
        except (BaseError, OSError) as exc:
            raise Unavailable(f"The storage did not take {name}: {exc}") from exc
        await asyncio.to_thread(self._halves.remove, name)
        return Stored(bytes=size, sha256=digest.hexdigest())

    async def get_range(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to `end` (exclusive), a piece at a time; raises as `get`."""
        with _reading(name):
            for at in range(start, end, _CHUNK):
                yield bytes(await self._store.get_range_async(name, start=at, end=min(at + _CHUNK, end)))

    async def get(self, name: str) -> AsyncIterator[bytes]:
        """Yield the object's bytes; raise NotFound when there is no such name."""
        with _reading(name):
            async for chunk in (await self._store.get_async(name)).stream(min_chunk_size=_CHUNK):
                yield bytes(chunk)

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the object's bytes for a thread that computes; raises as `get`."""
        with _reading(name):
            for chunk in self._store.get(name).stream(min_chunk_size=_CHUNK):
                yield bytes(chunk)

    def open(self, name: str, *, stopped: Callable[[], bool] = lambda: False) -> BinaryIO:
        """Open the object for a thread that computes, and may seek; raises as `get`, Unavailable too when `stopped`."""
        with _reading(name):
            size = self._store.head(name)["size"]
        return cast(BinaryIO, io.BufferedReader(_Object(self._store, name, size, stopped), _CHUNK))

    async def delete(self, name: str) -> None:
        """Remove the object, and what a writer that was killed left of it; what is not there is removed already."""
        try:
            with suppress(FileNotFoundError):
                await self._store.delete_async(name)
            await asyncio.to_thread(self._halves.remove, name)
        except (BaseError, OSError) as exc:
            raise Unavailable(f"The storage did not delete {name}: {exc}") from exc

    async def check(self) -> None:
        """Write a small object; raise Unavailable when that fails."""
        try:
            await self._store.put_async(".probe", b"tuneyard")
        except (BaseError, OSError) as exc:
            raise Unavailable(f"The storage cannot be written: {exc}") from exc


class _Halves:
    """What writers that were killed left in a folder: `NAME#1`, `NAME#2`, as obstore calls what it has not yet renamed.

    Of a writer that still is at it, because nobody told it that it lost its lease, the rename fails: it tries again.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._folder = Path(unquote(parts.path)) if parts.scheme == "file" else None

    def remove(self, name: str) -> None:
        """Remove all of a name, one that the store has taken: none leads out of the folder."""
        if self._folder is not None:
            with suppress(OSError):
                for number in count(1):
                    (self._folder / f"{name}#{number}").unlink()


class _Object(io.RawIOBase):
    """The bytes of an object, fetched as they are read."""

    def __init__(self, store: ObjectStore, name: str, size: int, stopped: Callable[[], bool]) -> None:
        self._store, self._name, self._size, self._stopped = store, name, size, stopped
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._stopped():
            raise Unavailable("Nobody waits for these bytes any more.")
        end = min(self._at + len(buffer), self._size)
        if end <= self._at:
            return 0
        with _reading(self._name):
            found = bytes(self._store.get_range(self._name, start=self._at, end=end))
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)


def _opened(url: str) -> ObjectStore:
    parts = urlsplit(url)
    return LocalStore(Path(unquote(parts.path)), mkdir=True) if parts.scheme == "file" else from_url(url)


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as exc:
        raise NotFound(f"The storage has no {name}.") from exc
    except (BaseError, OSError) as exc:
        raise Unavailable(f"The storage did not give {name}: {exc}") from exc
