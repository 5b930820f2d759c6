"""Read of a picture what a provider asks: its kind, its size, its colours, and what it costs in tokens."""

import binascii
import struct
from dataclasses import dataclass
from typing import Any

LOW_DETAIL = 85  #: Tokens of a picture in low detail, and of any before its tiles (OpenAI, vision guide).
PER_TILE = 170  #: Of each 512 × 512 tile in high detail.
MOST_TILES = 8  #: A picture is scaled to 2,048 on its long and 768 on its short side.
_SHORT, _LONG, _TILE = 768, 2_048, 512
#: Characters of an address that surely hold the size of its picture.
_HEAD = 100_000
_PNG = b"\x89PNG\r\n\x1a\n"
#: PNG's colour types (PNG specification, 11.2.2).
_PNG_MODES = {0: "grey", 2: "RGB", 3: "palette", 4: "grey with alpha", 6: "RGBA"}
_JPEG_MODES = {1: "grey", 3: "RGB", 4: "CMYK"}
#: Markers of a JPEG that begin a frame: all of C0 to CF but those of tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class Picture:
    """What the first bytes of a picture tell. Size and colours are None where they could not be read."""

    kind: str
    width: int | None = None
    height: int | None = None
    mode: str | None = None


def decoded(url: str) -> bytes | None:
    """Return the bytes of a `data:…;base64,` address; None when it is not base64."""
    head, comma, text = url.partition(",")
    if not comma or not head.endswith(";base64"):
        return None
    try:
        return binascii.a2b_base64(text[: len(text) // 4 * 4] if len(url) == _HEAD else text, strict_mode=True)
    except ValueError:  # binascii's own error, and text that is not ASCII
        return None


def look_at(data: bytes) -> Picture | None:
    """Return what the bytes are, by what they are and not by what they are called; None for no picture we know."""
    if data.startswith(_PNG):
        return _png(data)
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    others = {b"GIF8": "GIF", b"BM": "BMP", b"II*\x00": "TIFF", b"MM\x00*": "TIFF", b"<svg": "SVG", b"<?xm": "SVG"}
    return next((Picture(kind) for magic, kind in others.items() if data.startswith(magic)), None)


def tokens(detail: str, width: int | None, height: int | None) -> tuple[int, int]:
    """Return how many tokens a picture has at least and at most, by its detail and, where known, its size.

    What `auto` chooses is the provider's: the range then reaches from low to high.
    """
    if detail == "low":
        return LOW_DETAIL, LOW_DETAIL
    if width and height:
        high = LOW_DETAIL + PER_TILE * _tiles(width, height)
        return (high if detail == "high" else LOW_DETAIL), high
    least = LOW_DETAIL + PER_TILE if detail == "high" else LOW_DETAIL
    return least, LOW_DETAIL + PER_TILE * MOST_TILES


def of_part(part: dict[str, Any]) -> tuple[int, int]:
    """Return how many tokens a part of type `image_url` has at least and at most."""
    image = part.get("image_url")
    known = image if isinstance(image, dict) else {}
    url = str(known.get("url"))
    # The size stands at the beginning; the rest of ten megabytes need not be decoded for it.
    picture = look_at(decoded(url[:_HEAD]) or b"") if url.startswith("data:") else None
    width, height = (None, None) if picture is None else (picture.width, picture.height)
    return tokens(str(known.get("detail", "auto")), width, height)


def _tiles(width: int, height: int) -> int:
    scale = min(1.0, _LONG / max(width, height))
    scale = min(scale, _SHORT / min(width, height))
    across, down = (max(1, -(-round(side * scale) // _TILE)) for side in (width, height))
    return min(across * down, MOST_TILES)


def _png(data: bytes) -> Picture:
    if len(data) < 26 or data[12:16] != b"IHDR":
        return Picture("PNG")
    width, height = struct.unpack(">II", data[16:24])
    return Picture("PNG", width, height, _PNG_MODES.get(data[25]))


def _jpeg(data: bytes) -> Picture:
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width, components = struct.unpack(">HHB", data[at + 5 : at + 10])
            return Picture("JPEG", width, height, _JPEG_MODES.get(components))
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return Picture("JPEG")


def _webp(data: bytes) -> Picture:
    form = data[12:16]
    if form == b"VP8 " and len(data) >= 30:
        width, height = struct.unpack("<HH", data[26:30])
        return Picture("WEBP", width & 0x3FFF, height & 0x3FFF, "RGB")
    if form == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return Picture("WEBP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, "RGBA")
    if form == b"VP8X" and len(data) >= 30:
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return Picture("WEBP", width, height, "RGBA")
    return Picture("WEBP")
