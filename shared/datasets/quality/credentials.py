"""Find keys, tokens and private keys in what is said, by their well-known forms, and never show them"""

import math
import re
from collections import Counter

import numpy as np

from shared.datasets.checks.findings import Findings, Place
from shared.datasets.checks.secret_forms import ASSIGNED, COMPILED, FORMS
from shared.datasets.quality.talk import holds, places_of
from shared.datasets.quality.texts import Bytes, Places, Texts, among, in_a_row

#: One of these stands in every name that says its value is secret.
_ASSIGNED = ("key", "secret", "token", "passw")
#: Documentation's own: AWS and others write EXAMPLE into theirs.
_PLACEHOLDER = re.compile(
    r"(?i)example|placeholder|redacted|your|dummy|fake|x{4}|\*{3}|\.{3}|0{6}|1234567|abcdef|test_?key"
    # The examples of jwt.io and of RFC 6749.
    r"|eyJzdWIiOiIxMjM0NTY3ODkw|2YotnFZFEjr1zCsicMWpAA"
)
#: Random letters and digits have 4.3 bits a character or more at this length (detect-secrets warns from 4.5).
_ENTROPY = 3.8

#: Every form has as many characters in a row that a token may have, of which hardly any prose has so many.
_LONG = 20
#: These characters, and a few more between them.
_TOKEN = b"+"[0], 0x7F
_QUOTES = b"\"'"
#: A value that may be random, to its end.
_VALUE = re.compile(rb"""(?=[^"']*[0-9])[A-Za-z0-9+/_=-]{20,128}["']""")
#: The shortest goes on for so long after its beginning; letters beyond ASCII may belong to it.
_REST = re.compile(rb"[+-\x7f]{16}|[+-\x7f]*[\x80-\xff]")
_WORDS = tuple(needed for needed, *_ in FORMS if b" " not in needed)
#: A private key's beginning is the one that is no word.
_PHRASES = tuple(needed for needed, *_ in FORMS if b" " in needed)


def check_secrets(texts: Texts, findings: Findings) -> None:
    """Add a finding for each kind of secret in each text."""
    for talk, index, place in texts.at(texts.of(_places(texts)), findings):
        text = talk.texts[index]
        kinds = [(name, form) for needed, name, form in FORMS if needed in talk.encoded[index]]
        found = {name: match for name, form in kinds if (match := _first(COMPILED[form], text))}
        for name, match in found.items():
            _add(name, match, talk.path(index), place)
        if not found and holds(text.lower(), _ASSIGNED) and (value := _assigned_in(text)):
            said = f"{len(value)} characters that look random are given to a name that says they are secret."
            place.add("secret", f"{said} {_CURE}", talk.path(index))


def _places(texts: Texts) -> Places:
    """Return where a secret may stand: at a long word that holds its beginning, or that is a value in quotes."""
    edges = texts.where(_edges)
    starts, ends = edges[::2], edges[1::2] + _LONG - 1
    words = [texts.data[start : end + 1] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    joined = b" ".join(words)
    held = [at for needed in _WORDS for at in places_of(needed, joined) if _REST.match(joined, at + len(needed))]
    begins = np.cumsum([0, *map(len, words)]) + np.arange(len(words) + 1)
    told = np.searchsorted(begins, np.array(held, np.intp), side="right") - 1
    phrases = [at for needed in _PHRASES for at in places_of(needed, texts.data)] if words else []
    before = np.frombuffer(texts.data, np.uint8)[starts - 1]
    quoted = np.flatnonzero((before == _QUOTES[0]) | (before == _QUOTES[1])).tolist()
    values = [starts[at] for at in quoted if _VALUE.fullmatch(words[at])]
    return np.concatenate((starts[told], np.array(values + phrases, np.intp)))


def _edges(data: Bytes) -> Places:
    """Return by turns where a long word begins, and where a word of so many characters begins no more."""
    long = in_a_row(among(data, *_TOKEN), _LONG)
    return np.flatnonzero(long[1:] != long[:-1]) + 1


_CURE = "Take it out and revoke it: whoever uses the model may get it back."


def _add(name: str, secret: str, path: str, place: Place) -> None:
    place.add("secret", f"the text holds {name}, {len(secret)} characters long. {_CURE}", path)


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
