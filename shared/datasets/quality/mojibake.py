"""Find text that was read in the wrong encoding: "â€™" for an apostrophe, "Ã©" for an e with an accent"""

import re
from collections import Counter

import numpy as np

from shared.datasets.checks.findings import Findings
from shared.datasets.checks.wording import clean
from shared.datasets.quality.groups import counted
from shared.datasets.quality.texts import Bytes, Places, Texts

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
#: The same in UTF-8: all that begin one are written with C3 and one byte more, what follows begins with one of a few.
_FIRST = 0xC3
_IS_TAIL = np.zeros(256, bool)
_IS_TAIL[[_AS_READ[byte].encode()[0] for byte in range(0x80, 0xC0)]] = True
_LOST_FIRST, _LOST_SECOND, _LOST_THIRD = _LOST.encode()
#: Written so on purpose: a capital with a mark before a closing quote, a superscript or a degree.
_MEANT = re.compile("[ÃÂÄÅÐÑ][»«”’“‘°ºª²³¹…–—· ]$")


def check_mojibake(texts: Texts, findings: Findings) -> None:
    """Add a finding for each text that was misread, with what it should be, or that has lost characters."""
    for talk, index, place in texts.at(texts.having(glance), findings):
        text = talk.texts[index]
        if _LOST in text:
            number = counted(text.count(_LOST), "replacement character")
            said = f"the text has {number} (U+FFFD): what stood there was lost when"
            place.add("mojibake", f"{said} it was read. Make it anew from its source.", talk.path(index))
        elif misread := _misread_in(text):
            (wrong, right), number = next(iter(misread)), counted(misread.total(), "place")
            said = f'"{clean(wrong)}" stands where "{clean(right)}" was written, in {number}:'
            cure = "UTF-8 was read as Windows-1252. Read the source as UTF-8."
            place.add("mojibake", f"{said} {cure}", talk.path(index))


def glance(data: Bytes) -> Places:
    """Return where a character may be misread or lost."""
    first = np.flatnonzero(data[:-2] == _FIRST)
    lost = np.flatnonzero(data[:-2] == _LOST_FIRST)
    lost = lost[(data[lost + 1] == _LOST_SECOND) & (data[lost + 2] == _LOST_THIRD)]
    return np.concatenate((first[_IS_TAIL[data[first + 2]]], lost))


def _misread_in(text: str) -> Counter[tuple[str, str]]:
    """Return what was read and what was written, the first at the beginning, and how often."""
    found = Counter(match[0] for match in _MISREAD.finditer(text))
    return Counter({pair: times for wrong, times in found.items() if (pair := _mended(wrong))})


def _mended(wrong: str) -> tuple[str, str] | None:
    """Return what was read and what was written, where that is sure."""
    if _MEANT.match(wrong):
        return None
    try:
        right = bytes(_BYTES[ord(character)] for character in wrong).decode()
    except (KeyError, UnicodeDecodeError):
        return None
    return (wrong, right) if right.isprintable() or right == "\xa0" else None
