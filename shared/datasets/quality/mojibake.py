"""Find text that was read in the wrong encoding: "â€™" for an apostrophe, "Ã©" for an e with an accent"""

import re

from shared.datasets.checks.findings import Place
from shared.datasets.checks.wording import clean
from shared.datasets.quality.groups import counted
from shared.datasets.quality.talk import Talk

_LOST = "\ufffd"
#: Windows-1252 as browsers read it: its five holes are the control characters of the same number.
_AS_READ = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0x100)}
_BYTES = {ord(character): byte for byte, character in _AS_READ.items()}
_TAIL = "[" + "".join(re.escape(_AS_READ[byte]) for byte in range(0x80, 0xC0)) + "]"
#: What the bytes of one character of UTF-8 look like when each is read as a character: a first byte and those after it.
_MISREAD = re.compile(
    f"[{_AS_READ[0xC3]}{_AS_READ[0xC2]}{_AS_READ[0xC4]}{_AS_READ[0xC5]}{_AS_READ[0xD0]}{_AS_READ[0xD1]}]{_TAIL}"
    f"|[{_AS_READ[0xE2]}{_AS_READ[0xE3]}-{_AS_READ[0xE9]}]{_TAIL}{{2}}|{_AS_READ[0xF0]}{_TAIL}{{3}}"
)
#: The same in UTF-8, where a first byte is a character that begins with C3. It is found ten times as fast.
_LOST_BYTES = _LOST.encode()
_TAIL_BEGINNINGS = {_AS_READ[byte].encode()[0] for byte in range(0x80, 0xC0)}
_SHAPES = bytes(b"L"[0] if byte == 0xC3 else b"T"[0] if byte in _TAIL_BEGINNINGS else b"x"[0] for byte in range(256))
_MISREAD_SHAPE = b"LxT"
#: Written so on purpose: a capital with a mark before a closing quote, a superscript or a degree.
_MEANT = re.compile("[ÃÂÄÅÐÑ][»«”’“‘°ºª²³¹…–—· ]$")


def check_mojibake(talk: Talk, encoded: bytes, place: Place) -> None:
    """Add a finding for each text that was misread, with what it should be, or that has lost characters.

    `encoded` is all that is said in UTF-8, which passes over most examples.
    """
    if not (may_be_misread(encoded) or _LOST_BYTES in encoded):
        return
    for index, text in enumerate(talk.texts):
        if text.isascii():
            continue
        if _LOST in text:
            number = counted(text.count(_LOST), "replacement character")
            said = f"the text has {number} (U+FFFD): what stood there was lost when"
            place.add("mojibake", f"{said} it was read. Make it anew from its source.", talk.path(index))
        elif misread := [pair for match in _MISREAD.finditer(text) if (pair := _mended(match[0]))]:
            wrong, right = misread[0]
            said = f'"{clean(wrong)}" stands where "{clean(right)}" was written, in {counted(len(misread), "place")}:'
            cure = "UTF-8 was read as Windows-1252. Read the source as UTF-8."
            place.add("mojibake", f"{said} {cure}", talk.path(index))


def may_be_misread(encoded: bytes) -> bool:
    """Whether a text may have a character misread: all that begin one are written with C3, what follows with few."""
    return b"\xc3" in encoded and _MISREAD_SHAPE in encoded.translate(_SHAPES)


def _mended(wrong: str) -> tuple[str, str] | None:
    """Return what was read and what was written, where that is sure."""
    if _MEANT.match(wrong):
        return None
    try:
        right = bytes(_BYTES[ord(character)] for character in wrong).decode()
    except (KeyError, UnicodeDecodeError):
        return None
    return (wrong, right) if right.isprintable() or right == "\xa0" else None
