"""Bring prompts into the form in which those that ask the same are equal: NFC, lower case, single blanks"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from shared.datasets.quality.talk import holds
from shared.datasets.quality.texts import Bytes, Places, among

_BLANKS = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f "
#: What else divides words.
_BLANKS_BEYOND = ("\x85", "\xa0", "\u1680", *map(chr, range(0x2000, 0x200B)), *"\u2028\u2029\u202f\u205f\u3000")
#: Bytes that no text has in UTF-8: one ends a text among others, one stands for what is left out.
_END, _NOTHING = b"\xff", b"\xfe"
_FOLDED = bytes(range(256)).lower().translate(bytes.maketrans(_BLANKS.encode(), b" " * len(_BLANKS)))

#: Characters that stay as they are by themselves and in any company: Han, syllables of Korean, pictures. Text of these,
#: of ASCII and of what is asked for below need not be taken apart.
SETTLED = ((0x3400, 0x9FFF), (0xAC00, 0xD77F))
SETTLED_PICTURES = (0x1F000, 0x1FFFF)
_STAYS, _CHANGES, _BY_THIRD = range(3)
_PICTURES = chr(SETTLED_PICTURES[0]).encode()[:2]
#: Alphabets of two bytes, signs, kana, wide forms: each character is asked for.
_ASKED = ((0x80, 0x7FF), (0x2000, 0x22FF), (0x2500, 0x27BF), (0x3000, 0x30FF), (0xFF00, 0xFF7F))


def normalised(text: str) -> str:
    """Return a text in NFC and lower case, with single blanks: two prompts that come out equal ask the same."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.lower().split())


def normalised_all(texts: Iterable[tuple[Sequence[str], Sequence[bytes], bool]]) -> list[bytes]:
    """Return the lines of each text in that form, as bytes; beside them they are given so, and whether all are settled.

    Many at once: it takes a third of the time.
    """
    together = _END.join([b"\n".join(encoded) if settled else _changed(lines) for lines, encoded, settled in texts])
    data = np.frombuffer(together, np.uint8)
    blank = (data == _BLANKS.encode()[-1]) | among(data, 0x09, 0x0D) | among(data, 0x1C, 0x1F)
    kept = bytearray(together)
    # The first blank of several stays.
    np.frombuffer(kept, np.uint8)[1:][blank[1:] & blank[:-1]] = _NOTHING[0]
    return [bytes(text.strip()) for text in kept.translate(_FOLDED, _NOTHING).split(_END)]


def _changed(lines: Sequence[str]) -> bytes:
    text = unicodedata.normalize("NFC", "\n".join(lines)).lower()
    if holds(text, _BLANKS_BEYOND):
        text = " ".join(text.split())
    return text.encode("utf-8", "surrogatepass")


def is_settled(character: str) -> bool:
    """Whether a character stays as it is: it has no other case, is no blank, and combines with none before it."""
    return (
        character.lower() == character
        and not character.isspace()
        and not unicodedata.category(character).startswith("M")
        and unicodedata.is_normalized("NFC", character)
    )


@cache
def _tables() -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return what two bytes say that begin a character, and what is known of each character of two or three."""
    settled = np.zeros(0x10000, bool)
    for first, last in SETTLED:
        settled[first : last + 1] = True
    for first, last in _ASKED:
        settled[first : last + 1] = [is_settled(chr(code)) for code in range(first, last + 1)]
    by_two = np.full(0x10000, _CHANGES, np.uint8)
    code = np.arange(0x80, 0x800)
    by_two[0xC080 + (code >> 6 << 8) + (code & 0x3F)] = np.where(settled[code], _STAYS, _CHANGES)
    code = np.arange(0x800, 0x10000, 64)
    share = settled.reshape(-1, 64).mean(axis=1)[code >> 6]
    by_two[0xE080 + (code >> 12 << 8) + (code >> 6 & 0x3F)] = np.where(
        share == 1, _STAYS, np.where(share, _BY_THIRD, _CHANGES)
    )
    by_two[int.from_bytes(_PICTURES)] = _STAYS
    return by_two, settled


def unsettled(data: Bytes) -> Places:
    """Return where a character begins that may have to be changed, or may change another."""
    by_two, settled = _tables()
    places = np.flatnonzero(data[:-2] >= 0xC2)
    known = by_two[data[places].astype(np.uint16) << 8 | data[places + 1]]
    unknown = np.flatnonzero(known == _BY_THIRD)
    at = places[unknown]
    first, second, third = (data[at + ahead].astype(np.uint16) & mask for ahead, mask in enumerate((0x0F, 0x3F, 0x3F)))
    known[unknown] = np.where(settled[first << 12 | second << 6 | third], _STAYS, _CHANGES)
    return np.asarray(places[known == _CHANGES])
