"""Pictures by their bytes: kind, size, colours, and tokens by the published rule"""

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.datasets.formats.pictures import Picture, decoded, look_at, of_part, tokens

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


def png(width: int, height: int, colours: int) -> bytes:
    return PNG + struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)


def jpeg(width: int, height: int, components: int, marker: int = 0xC0) -> bytes:
    return JPEG + b"\xff" + bytes([marker]) + struct.pack(">HBHHB", 17, 8, height, width, components)


def webp(form: bytes, rest: bytes) -> bytes:
    return b"RIFF\x00\x00\x00\x00WEBP" + form + rest


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (png(640, 480, 2), Picture("PNG", 640, 480, "RGB")),
        (png(1, 1, 6), Picture("PNG", 1, 1, "RGBA")),
        (png(1, 1, 0), Picture("PNG", 1, 1, "grey")),
        (png(1, 1, 3), Picture("PNG", 1, 1, "palette")),
        (PNG[:12], Picture("PNG")),
        (jpeg(640, 480, 3), Picture("JPEG", 640, 480, "RGB")),
        (jpeg(640, 480, 4, 0xC2), Picture("JPEG", 640, 480, "CMYK")),
        (JPEG, Picture("JPEG")),
        (JPEG[:3], Picture("JPEG")),
        (webp(b"VP8 ", b"\x00" * 10 + struct.pack("<HH", 640, 480)), Picture("WEBP", 640, 480, "RGB")),
        (
            webp(b"VP8L", b"\x00" * 4 + b"\x2f" + struct.pack("<I", 639 | 479 << 14)),
            Picture("WEBP", 640, 480, "RGBA"),
        ),
        (webp(b"VP8X", b"\x00" * 8 + b"\x7f\x02\x00\xdf\x01\x00"), Picture("WEBP", 640, 480, "RGBA")),
        (webp(b"VP8 ", b""), Picture("WEBP")),
        (b"GIF89a", Picture("GIF")),
        (b"<svg xmlns", Picture("SVG")),
        (b"", None),
        (b"hello", None),
    ],
)
def test_a_picture_is_what_its_bytes_are(data: bytes, expected: Picture | None) -> None:
    assert look_at(data) == expected


@given(st.sampled_from([PNG, JPEG, b"RIFF\x00\x00\x00\x00WEBPVP8X", b""]), st.binary(max_size=80))
def test_no_bytes_are_too_odd_to_look_at(head: bytes, rest: bytes) -> None:
    look_at(head + rest)


@pytest.mark.parametrize(
    ("detail", "size", "expected", "remark"),
    [
        ("low", None, (85, 85), "whatever its size"),
        ("low", (4_000, 4_000), (85, 85), "whatever its size"),
        ("high", (1_024, 1_024), (765, 765), "the guide's example: 768 × 768 is four tiles"),
        ("high", (2_048, 4_096), (1_105, 1_105), "the guide's other: 768 × 1,536 is six"),
        ("high", (10, 10), (255, 255), "nothing is scaled up"),
        ("high", None, (255, 1_445), "of an address only the bounds are known"),
        ("auto", (1_024, 1_024), (85, 765), "the provider chooses"),
        ("auto", None, (85, 1_445), "and its size is not known"),
    ],
)
def test_a_picture_costs_what_the_guide_says(
    detail: str, size: tuple[int, int] | None, expected: tuple[int, int], remark: str
) -> None:
    assert tokens(detail, *(size or (None, None))) == expected, remark


@given(st.integers(1, 30_000), st.integers(1, 30_000))
def test_no_picture_exceeds_the_bounds(width: int, height: int) -> None:
    least, most = tokens("auto", width, height)
    assert least == 85
    assert 255 <= most <= 1_445


def test_the_size_is_read_from_the_address_itself_however_long_it_is() -> None:
    for padding in (0, 100_001, 300_000):
        text = base64.b64encode(png(1_024, 1_024, 2) + bytes(padding)).decode()
        part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{text}", "detail": "high"}}
        assert of_part(part) == (765, 765)


@pytest.mark.parametrize("image", [None, "https://a", {}, {"url": 7}, {"url": "data:"}, {"url": "data:;base64,é"}])
def test_a_part_that_is_no_picture_costs_what_an_unknown_one_does(image: object) -> None:
    assert of_part({"type": "image_url", "image_url": image}) == (85, 1_445)


@pytest.mark.parametrize("url", ["data:image/png,abc", "data:image/png;base64", "data:image/png;base64,a b", "x"])
def test_what_is_no_base64_is_not_decoded(url: str) -> None:
    assert decoded(url) is None
