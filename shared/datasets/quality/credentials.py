"""Find keys, tokens and private keys in what is said, by their well-known forms, and never show them"""

import math
import re
from collections import Counter
from collections.abc import Iterator

from shared.datasets.checks.findings import Place
from shared.datasets.checks.secret_forms import ASSIGNED, COMPILED, FORMS
from shared.datasets.quality.talk import Talk, holds

_ASSIGNMENTS = ("ecret", "oken", "assw", "_key", "_KEY", "piKey", "SECRET", "TOKEN", "PASSW")
#: Documentation's own: AWS and others write EXAMPLE into theirs.
_PLACEHOLDER = re.compile(
    r"(?i)example|placeholder|redacted|your|dummy|fake|x{4}|\*{3}|\.{3}|0{6}|1234567|abcdef|test_?key"
    # The examples of jwt.io and of RFC 6749.
    r"|eyJzdWIiOiIxMjM0NTY3ODkw|2YotnFZFEjr1zCsicMWpAA"
)
#: Random letters and digits have 4.3 bits a character or more at this length (detect-secrets warns from 4.5).
_ENTROPY = 3.8

#: Every form has as many characters in a row that a token may have. Prose has not: it is passed over by one look.
_LONG = 20
_RUN, _QUOTED = b"x" * _LONG, b'"' + b"x" * _LONG
_TOKEN = re.compile(rb"[A-Za-z0-9_+/=.-]")
_AS_RUN = bytes(
    b"x"[0] if _TOKEN.match(bytes([byte])) else b'"'[0] if byte in b"\"'" else b" "[0] for byte in range(256)
)


def check_secrets(talk: Talk, whole: str, encoded: bytes, place: Place) -> None:
    """Add a finding for each kind of secret in each text. `whole` is all that is said; its bytes pass over most."""
    shape = encoded.translate(_AS_RUN)
    if _RUN not in shape:
        return
    assigned = _QUOTED in shape and holds(whole, _ASSIGNMENTS)
    kinds = list(_kinds_in(encoded, shape))
    if not kinds and not assigned:
        return
    for index, text in enumerate(talk.texts):
        found = {name: match for name, form in kinds if (match := _first(COMPILED[form], text))}
        for name, match in found.items():
            _add(name, match, talk.path(index), place)
        if assigned and not found and (value := _assigned_in(text)):
            said = f"{len(value)} characters that look random are given to a name that says they are secret."
            place.add("secret", f"{said} {_CURE}", talk.path(index))


_CURE = "Take it out and revoke it: whoever uses the model may get it back."


def _add(name: str, secret: str, path: str, place: Place) -> None:
    place.add("secret", f"the text holds {name}, {len(secret)} characters long. {_CURE}", path)


def _kinds_in(encoded: bytes, shape: bytes) -> Iterator[tuple[str, str]]:
    """Yield the forms that a text may hold, by the beginnings that stand in its long words."""
    words = b" ".join(_long_words(encoded, shape))
    # A private key's is the one whose beginning is no word.
    return ((name, form) for needed, name, form in FORMS if needed in (encoded if b" " in needed else words))


def _long_words(encoded: bytes, shape: bytes) -> Iterator[bytes]:
    start = shape.find(_RUN)
    while start >= 0:
        end = min(at for at in (shape.find(b" ", start), shape.find(b'"', start), len(shape)) if at >= 0)
        yield encoded[start:end]
        start = shape.find(_RUN, end)


def _first(form: re.Pattern[str], text: str) -> str:
    """Return the first match that is a secret; empty when there is none."""
    for match in form.finditer(text):
        if _looks_random(match[0]) or "PRIVATE KEY" in match[0]:
            return match[0]
    return ""


def _assigned_in(text: str) -> str:
    for match in ASSIGNED.finditer(text):
        value = match[1]
        if _looks_random(value) and any(map(str.isdigit, value)) and any(map(str.isalpha, value)):
            return value
    return ""


def _looks_random(text: str) -> bool:
    """Whether a text is no placeholder: many different characters, none of the usual words, a digit."""
    if _PLACEHOLDER.search(text) or not any(map(str.isdigit, text)):
        return False
    counts = Counter(text)
    bits = -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
    return bits >= min(_ENTROPY, math.log2(len(text)) * 0.75)
