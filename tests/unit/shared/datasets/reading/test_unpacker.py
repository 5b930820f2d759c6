"""A packed file reads as the plain one, and none can do harm."""

import gzip
import sys
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.datasets.reading import Packing, Unpackable, UnpackLimits, open_plain, unpacked
from shared.datasets.reading.packing import packing_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def zstd_packed(data: bytes) -> bytes:
    # With a checksum, as the command writes it.
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstd_packed, "plain": bytes}
SKIPPABLE = b"\x53\x2a\x4d\x18" + (3).to_bytes(4, "little") + b"abc"
MIB = 1024 * 1024


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@given(st.lists(st.binary(max_size=300), max_size=5), st.integers(1, 50), st.sampled_from(sorted(PACKERS)))
def test_members_behind_each_other_read_as_one_text_however_they_arrive(
    parts: list[bytes], size: int, packer: str
) -> None:
    packed = b"".join(map(PACKERS[packer], parts))
    # Plain bytes that begin as a packed file does are taken for one, and found to be damaged.
    assume(packer != "plain" or packing_of(packed[:4]) is None)
    stream = open_plain(cut(packed, size))
    assert (whole := b"".join(stream)) == b"".join(parts)
    assert stream.packing is (Packing(packer) if packed and packer != "plain" else None)
    assert (stream.taken, stream.given) == (len(packed), len(whole))


@pytest.mark.parametrize(
    ("packed", "remark"),
    [
        (gzip.compress(b"a\n") + b"\0" * 512, "tapes are filled up with zeros"),
        (gzip.compress(b"a") + b"\0\0\0" + gzip.compress(b"\n"), "and so are the gaps between members"),
        (SKIPPABLE + zstd.compress(b"a\n"), "pzstd begins with a frame to be skipped"),
        (zstd.compress(b"a") + SKIPPABLE + zstd.compress(b"\n"), "and seekable files have them anywhere"),
        (gzip.compress(b"") + gzip.compress(b"a\n"), "bgzip writes empty members"),
    ],
    ids=["tape", "gap", "skip", "seekable", "bgzip"],  # not the bytes: a gzip file holds the time
)
def test_what_archivers_put_between_members_is_passed_over(packed: bytes, remark: str) -> None:
    for size in (1, 7, 10_000):
        assert b"".join(open_plain(cut(packed, size))) == b"a\n", remark


BODY = b"".join(b"line %d\n" % number for number in range(20_000))


@pytest.mark.parametrize("packer", ["gzip", "zstd"])
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda packed: packed[:-3], "breaks off"),
        (lambda packed: packed[: len(packed) // 2], "breaks off"),
        (lambda packed: packed[:100] + b"\xff" * 100 + packed[200:], "damaged"),
        (lambda packed: packed + b"{}\n{}", "something else follows (7b 7d 0a 7b)"),
        (lambda packed: packed + b"{}", "something else follows (7b 7d)"),
    ],
)
def test_a_damaged_archive_gives_what_stands_before_the_fault_and_says_what_is_wrong(
    packer: str, spoil: Callable[[bytes], bytes], said: str
) -> None:
    got: list[bytes] = []
    with pytest.raises(Unpackable, match=r"(Pack|Send) it again") as caught:
        got.extend(open_plain(cut(spoil(PACKERS[packer](BODY)), 1000)))
    assert said in str(caught.value)
    assert caught.value.code == "packed_file_broken"
    assert said == "damaged" or BODY.startswith(b"".join(got))


def test_a_checksum_that_does_not_hold_is_a_fault() -> None:
    packed = bytearray(gzip.compress(BODY))
    packed[-6] ^= 1
    with pytest.raises(Unpackable, match="incorrect data check"):
        list(open_plain([bytes(packed)]))


def gzip_bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(MIB)) for _ in range(size // MIB)) + packer.flush()


@pytest.mark.parametrize("pack", [gzip_bomb, lambda size: zstd.compress(bytes(size))])
def test_a_bomb_is_stopped_early_and_in_little_memory(pack: Callable[[int], bytes]) -> None:
    bomb = pack(128 * MIB)
    for limits, said in (
        (UnpackLimits(ratio_from=8 * MIB), "200 times its size"),
        (UnpackLimits(bytes=10_000_000), "more than 10,000,000 bytes"),
    ):
        stream = open_plain(cut(bomb, 4096), limits=limits)
        tracemalloc.start()
        with pytest.raises(Unpackable, match=said) as caught:
            all(len(piece) <= MIB for piece in stream)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert caught.value.code == "unpacked_too_large"
        assert stream.given < 12 * MIB and peak < 8 * MIB


def test_a_window_that_would_take_much_memory_is_refused() -> None:
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 28})
    packed = packer.compress(BODY) + packer.flush()
    with pytest.raises(Unpackable, match="damaged"):
        list(open_plain([packed]))


def test_a_million_tiny_members_take_time_that_grows_as_they_do() -> None:
    packed = gzip.compress(b"") * 20_000
    assert list(open_plain([packed])) == []


async def test_a_stream_that_arrives_is_unpacked_as_well() -> None:
    async def arriving(data: bytes) -> AsyncIterator[bytes]:
        for piece in cut(data, 100):
            yield piece

    for pack in PACKERS.values():
        assert b"".join([piece async for piece in unpacked(arriving(pack(BODY)))]) == BODY
