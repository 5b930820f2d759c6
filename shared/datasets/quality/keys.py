"""Name an example, its prompt and its answer by 64 bits each, so that equal ones are found without being kept."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from shared.datasets.quality.sameness import normalised, normalised_all
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


def prompt_keys(talks: Sequence[Talk], settled: Sequence[Sequence[bool]]) -> list[bytes]:
    """Return the key of what stands before each answer, its case and white space aside.

    What is written unasked is told by itself: it answers no prompt that another answers too. `settled` says of each
    example's texts whether they are, and may say no of more.
    """
    asked = normalised_all(
        (talk.texts[: talk.last], talk.encoded[: talk.last], all(known[: talk.last]))
        for talk, known in zip(talks, settled, strict=True)
    )
    heads = (f"{talk.marks[: talk.last]}\x1e{talk.attached}\x1e".encode("utf-8", "surrogatepass") for talk in talks)
    return [
        hashed(head + (text if text or talk.attached else _unasked(talk)))
        for talk, head, text in zip(talks, heads, asked, strict=True)
    ]


def _unasked(talk: Talk) -> bytes:
    return f"\x1e{normalised(talk.answer)}".encode("utf-8", "surrogatepass")


def answer_key(answer: str, encoded: bytes | None = None) -> bytes:
    """Return the key of an answer, its case and white space aside: wording counts, layout does not.

    `encoded` is the answer as bytes, where it is known to be in NFC.
    """
    if encoded is None:
        text = answer if answer.isascii() else unicodedata.normalize("NFC", answer)
        encoded = text.encode("utf-8", "surrogatepass")
    return hashed(encoded.translate(_LOWER, _BLANKS))
