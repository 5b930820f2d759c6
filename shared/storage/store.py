"""Keep bytes under a name: S3, GCS, Azure or a folder, by the URL's scheme."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from shared.errors import NotFound, Unavailable

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Stored:
    """What was written: its size in bytes and its SHA-256 in hex."""

    bytes: int
    sha256: str


class Storage:
    """Objects by name. A name is written once; a put that breaks off leaves nothing behind under it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "file":
            self._store: ObjectStore = LocalStore(Path(unquote(parts.path)), mkdir=True)
        else:
            self._store = from_url(url)

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

    async def delete(self, name: str) -> None:
        """Remove the object; what is not there is removed already."""
        try:
            await self._store.delete_async(name)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as exc:
            raise Unavailable(f"The storage did not delete {name}: {exc}") from exc

    async def check(self) -> None:
        """Write a small object; raise Unavailable when that fails."""
        try:
            await self._store.put_async(".probe", b"tuneyard")
        except (BaseError, OSError) as exc:
            raise Unavailable(f"The storage cannot be written: {exc}") from exc


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as exc:
        raise NotFound(f"The storage has no {name}.") from exc
    except (BaseError, OSError) as exc:
        raise Unavailable(f"The storage did not give {name}: {exc}") from exc
