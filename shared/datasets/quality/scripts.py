"""Tell the script of many short texts at once"""

import numpy as np
from numpy.typing import NDArray

from shared.datasets.quality.groups import distinct

#: Where the blocks of Unicode begin, and the script of each; Chinese is Han without kana.
_BLOCKS = (
    (0x0000, ""), (0x0370, "Greek"), (0x0400, "Cyrillic"), (0x0530, ""), (0x0590, "Hebrew"), (0x0600, "Arabic"),
    (0x0780, ""), (0x0900, "Devanagari"), (0x0980, ""), (0x0E00, "Thai"), (0x0E80, ""), (0x3040, "Japanese"),
    (0x3100, ""), (0x3400, "Chinese"), (0xA000, ""), (0xAC00, "Korean"), (0xD7B0, ""),
)  # fmt: skip
SCRIPTS = ("Cyrillic", "Greek", "Hebrew", "Arabic", "Devanagari", "Thai", "Japanese", "Chinese", "Korean")
_STARTS = np.array([start for start, _ in _BLOCKS])
_NUMBERS = np.array([SCRIPTS.index(script) + 1 if script else 0 for _, script in _BLOCKS], np.uint8)
_JAPANESE, _CHINESE = SCRIPTS.index("Japanese") + 1, SCRIPTS.index("Chinese") + 1
#: Of each character the number of its script from 1, 0 for another script, or one of these.
_NO_LETTER, _UNKNOWN = len(SCRIPTS) + 1, 0xFF
#: What is known so far: to ask for all of Unicode would take a tenth of a second.
_kinds = np.full(0x110000, _UNKNOWN, np.uint8)
_kinds[:0x80] = _NO_LETTER


def scripts_of(texts: list[str]) -> list[int]:
    """Return for each text which of SCRIPTS most of its letters beyond ASCII have, from 1; 0 where they are few."""
    lengths = np.fromiter(map(len, texts), np.intp, len(texts))
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    text = np.repeat(np.arange(len(texts)), lengths)
    kinds = _NO_LETTER + 1
    counts = np.bincount(text * kinds + _kinds_of(codes), minlength=len(texts) * kinds)
    counts = counts.reshape(len(texts), kinds)[:, :_NO_LETTER]
    letters = counts.sum(axis=1)
    counts[:, 0] = 0
    counts[:, _JAPANESE] += np.where(counts[:, _JAPANESE] > 0, counts[:, _CHINESE], 0)
    script = counts.argmax(axis=1)
    enough = (letters > 0) & (letters >= lengths / 6) & (counts.max(axis=1) > letters / 2)
    return [int(number) for number in np.where(enough, script, 0)]


def _kinds_of(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    kinds = _kinds[codes]
    if (kinds == _UNKNOWN).any():
        new = distinct(codes[kinds == _UNKNOWN])
        are_letters = np.array([chr(code).isalpha() for code in new])
        numbers = _NUMBERS[np.searchsorted(_STARTS, new, side="right") - 1]
        _kinds[new] = np.where(are_letters, numbers, _NO_LETTER)
        kinds = _kinds[codes]
    return kinds
