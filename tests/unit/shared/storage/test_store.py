"""Bytes under a name: all of them, or none."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from shared.errors import NotFound, Unavailable, WrongSettings
from shared.storage.store import Storage

MEGABYTE = 1024 * 1024
#: Longer than a piece, and not a multiple of one.
BYTES = bytes(range(256)) * 4096 * 3 + b"end"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(f"file://{tmp_path}/a%20folder")


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _all(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


async def test_what_is_put_comes_back_with_its_size_and_hash(storage: Storage, tmp_path: Path) -> None:
    stored = await storage.put("uploads/one", _pieces(BYTES[:7], b"", BYTES[7:]))
    assert (stored.bytes, stored.sha256) == (len(BYTES), sha256(BYTES).hexdigest())
    assert await _all(storage.get("uploads/one")) == BYTES
    assert b"".join(storage.read("uploads/one")) == BYTES
    assert (tmp_path / "a folder").is_dir()


async def test_nothing_is_something_that_can_be_stored(storage: Storage) -> None:
    assert (await storage.put("empty", _pieces())).bytes == 0
    assert await _all(storage.get("empty")) == b""


async def test_a_stream_that_breaks_leaves_nothing_behind(storage: Storage, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield BYTES * 4  # more than the store keeps in memory
        raise ConnectionResetError("the caller went away")

    with pytest.raises((ConnectionResetError, Unavailable)):
        await storage.put("uploads/half", broken())
    with pytest.raises(NotFound):
        await _all(storage.get("uploads/half"))
    assert _files(tmp_path) == []


@pytest.mark.parametrize("does", ["put", "delete"])
async def test_what_a_killed_writer_left_goes_with_the_next_that_comes(
    storage: Storage, tmp_path: Path, does: str
) -> None:
    await storage.put("uploads/one", _pieces(BYTES))
    for number in (1, 2):
        (tmp_path / "a folder" / "uploads" / f"one#{number}").write_bytes(BYTES)
    (tmp_path / "a folder" / "uploads" / "one2#1").write_bytes(b"of another")
    await (storage.put("uploads/one", _pieces(b"x")) if does == "put" else storage.delete("uploads/one"))
    left = ["one2#1"] if does == "delete" else ["one", "one2#1"]
    assert sorted(path.name for path in _files(tmp_path)) == left


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "name", ["uploads/ü-é.jsonl", "a b/c d", "50%/x", "per%2Fcent", "emoji 🚀", "quote'\"", "hash#q?a=b", "dots..in"]
)
async def test_names_with_odd_characters_are_names(storage: Storage, name: str) -> None:
    await storage.put(name, _pieces(b"x"))
    assert await _all(storage.get(name)) == b"x"
    await storage.delete(name)
    with pytest.raises(NotFound):
        await _all(storage.get(name))


@pytest.mark.parametrize("name", ["../outside", "a/../../outside"])
async def test_no_name_leads_out_of_the_folder(storage: Storage, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="illegal"):
        await storage.put(name, _pieces(b"x"))
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize(
    ("start", "end"), [(0, 1), (MEGABYTE - 1, MEGABYTE + 1), (5, len(BYTES)), (len(BYTES) - 1, len(BYTES)), (3, 3)]
)
async def test_a_range_is_those_bytes(storage: Storage, start: int, end: int) -> None:
    await storage.put("x", _pieces(BYTES))
    assert await _all(storage.get_range("x", start, end)) == BYTES[start:end]


async def test_what_is_not_there_is_not_found_and_is_deleted_already(storage: Storage) -> None:
    for reading in (storage.get("none"), storage.get_range("none", 0, 1)):
        with pytest.raises(NotFound):
            await _all(reading)
    with pytest.raises(NotFound):
        list(storage.read("none"))
    await storage.put("x", _pieces(b"x"))
    await storage.delete("x")
    await storage.delete("x")


async def test_a_storage_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    storage = Storage(f"file://{tmp_path}/store")
    await storage.check()
    (tmp_path / "store" / "file").write_bytes(b"")
    with pytest.raises(Unavailable):
        await storage.put("file/below-a-file", _pieces(b"x"))


@pytest.mark.parametrize("url", ["az://container/x", "file:///proc/nowhere"])  # no account; no folder can be made
def test_a_storage_that_cannot_be_opened_is_told_in_a_sentence(url: str) -> None:
    with pytest.raises(WrongSettings, match=r"^TUNEYARD_STORAGE_URL names a storage that cannot be opened: .+[.]$"):
        Storage(url)
