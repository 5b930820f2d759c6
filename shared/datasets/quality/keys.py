"""Name an example, its prompt and its answer by 64 bits each, so that equal ones are found without being kept."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from shared.datasets.quality.talk import Talk

#: 64 bits: among a million examples two different ones share a key once in 37 million files.
KEY_BYTES = 8
NO_KEY = bytes(KEY_BYTES)
_LOWER = bytes(range(256)).lower()
_BLANKS = b" \t\n\r\x0b\x0c"


def hashed(data: bytes) -> bytes:
    """Return the key of bytes. SHA-256, because processors have it built in: faster than BLAKE2."""
    return sha256(data).digest()[:KEY_BYTES]


def as_numbers(keys: Sequence[bytes]) -> NDArray[np.uint64]:
    """Return keys as they are kept and compared."""
    return np.frombuffer(b"".join(keys), "<u8")


def key(text: str) -> bytes:
    """Return the key of a text as it stands."""
    return hashed(text.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=64)
def system_key(system: str) -> bytes:
    """Return the key of a system prompt, remembered: it is the same in most examples."""
    return key(system)


def example_key(talk: Talk) -> bytes:
    """Return the key of all that is said, and who says it."""
    head = f"{talk.marks}\x1e{talk.attached}\x1e".encode("utf-8", "surrogatepass")
    return hashed(head + b"\x1e".join(talk.encoded))


def prompt_key(talk: Talk) -> bytes:
    """Return the key of what stands before the answer, its case and white space aside.

    What is written unasked is told by itself: it answers no prompt that another answers too.
    """
    before = normalised("\n".join(talk.texts[: talk.last]))
    asked = before or talk.attached or f"\x1e{normalised(talk.answer)}"
    return key("\x1e".join((talk.marks[: talk.last], talk.attached, asked)))


def normalised(text: str) -> str:
    """Return a text in NFC and lower case, with single blanks: two prompts that come out equal ask the same."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.lower().split())


def answer_key(answer: str) -> bytes:
    """Return the key of an answer, its case and white space aside: wording counts, layout does not."""
    if not answer.isascii():
        answer = unicodedata.normalize("NFC", answer)
    return hashed(answer.encode("utf-8", "surrogatepass").translate(_LOWER, _BLANKS))
