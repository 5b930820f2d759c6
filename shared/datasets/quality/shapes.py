"""Tell answers that are JSON from prose, and find those that have another form than the file's answers"""

from dataclasses import dataclass
from typing import Any
from zlib import crc32

import msgspec
import numpy as np

from shared.datasets.checks.findings import Findings
from shared.datasets.checks.wording import shown
from shared.datasets.quality.groups import share
from shared.datasets.quality.rows import Rows

PROSE, OBJECT, ARRAY, BROKEN, FENCED, CALL = range(6)
_CALLED = (
    "prose", "a JSON object", "a JSON array", "JSON that cannot be read", "JSON in a code fence", "a call of a tool"
)  # fmt: skip
#: From so large a share on, a form is the file's form, and the others are slips.
HABIT = 0.9
#: A single object among so many answers of prose is one too: of a hundred at most one or two.
_STRAY = 0.02
_FEWEST = 20
_KEPT_KEYS = 64
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Answers:
    """What form the answers of a file have."""

    json_share: float  #: Of the answers that are no calls: JSON objects and arrays.
    key_sets: int  #: Different sets of keys among those that are objects.


class KeySets:
    """The first different sets of keys of a file, so that a finding can name what is missing."""

    def __init__(self) -> None:
        self.names: dict[int, frozenset[str]] = {}

    def add(self, keys: frozenset[str]) -> int:
        """Return the number of a set of keys."""
        number = crc32("\x1f".join(sorted(keys)).encode("utf-8", "surrogatepass"))
        if number not in self.names and len(self.names) < _KEPT_KEYS:
            self.names[number] = keys
        return number

    def extend(self, other: "KeySets") -> None:
        """Add the sets of what follows."""
        for number, keys in other.names.items():
            if number not in self.names and len(self.names) < _KEPT_KEYS:
                self.names[number] = keys


def shape_of(answer: str) -> tuple[int, Any]:
    """Return the form of an answer, and what it holds when it is JSON."""
    text = answer.strip()
    if text.startswith("```"):
        fenced = text.strip("`").removeprefix("json").strip()
        return (FENCED if fenced[:1] in ("{", "[") and _read(fenced) is not None else PROSE), None
    if text[:1] not in ("{", "["):
        return PROSE, None
    value = _read(text)
    if isinstance(value, dict):
        return OBJECT, value
    if isinstance(value, list):
        return ARRAY, value
    # Broken or cut off JSON begins like an object with a key; prose in braces does not.
    return (BROKEN if text[0] == "{" and text[1:].lstrip()[:1] == '"' else PROSE), None


def canonical(value: Any, answer: str) -> str:
    """Return what an answer of JSON holds, the same whatever the order of its keys; the answer itself if it is none."""
    if value is None:
        return answer
    try:
        return msgspec.json.encode(value, order="sorted").decode()
    except (OverflowError, UnicodeEncodeError, RecursionError):
        return answer


def _read(text: str) -> object:
    try:
        return _decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def find_odd_shapes(rows: Rows, keys: KeySets, findings: Findings) -> Answers:
    """Add a finding for each answer that has another form than nearly all the others."""
    shapes, line = rows["shape"], rows["line"]
    said = np.flatnonzero(shapes != CALL)
    counts = np.bincount(shapes[said], minlength=CALL)
    number = len(said)
    for habit in (OBJECT, ARRAY):
        if number >= _FEWEST and HABIT * number <= counts[habit] < number:
            for place in said[shapes[said] != habit]:
                found = f"the answer is {_CALLED[shapes[place]]}; {share(counts[habit] / number)} of the file's answers"
                cure = f"are {_CALLED[habit]}. Give every example the form that is expected in use."
                findings.add("answer_form", f"{found} {cure}", line=int(line[place]))
    objects = np.flatnonzero(shapes == OBJECT)
    if number >= _FEWEST and 0 < len(objects) <= _STRAY * number and counts[PROSE] >= HABIT * number:
        for place in objects:
            found = f"the answer is a JSON object; {share(counts[PROSE] / number)} of the file's answers are prose."
            findings.add("answer_json_stray", f"{found} Look whether its prompt asks for JSON.", line=int(line[place]))
    return Answers(
        round(float(counts[OBJECT] + counts[ARRAY]) / number, 6) if number else 0.0,
        _find_odd_keys(rows, objects, keys, findings),
    )


def _find_odd_keys(rows: Rows, objects: np.ndarray, keys: KeySets, findings: Findings) -> int:
    """Add a finding for each object that lacks a key of nearly all others, or has one beside; return the sets."""
    sets, counts = np.unique(rows["keys"][objects], return_counts=True)
    if len(objects) >= _FEWEST and len(sets) > 1 and counts.max() >= HABIT * len(objects):
        usual = int(sets[counts.argmax()])
        line, have = rows["line"], rows["keys"]
        for place in objects[have[objects] != usual]:
            differs = _difference(keys.names.get(usual), keys.names.get(int(have[place])))
            found = f"the JSON object of the answer {differs}; {share(counts.max() / len(objects))} of the objects have"
            findings.add("answer_keys", f"{found} the same keys. Give all of them these.", line=int(line[place]))
    return len(sets)


def _difference(usual: frozenset[str] | None, found: frozenset[str] | None) -> str:
    if usual is None or found is None:
        return "has other keys"
    lacking = ", ".join(map(shown, sorted(usual - found)[:3]))
    beside = ", ".join(map(shown, sorted(found - usual)[:3]))
    return " and ".join([*([f"lacks {lacking}"] if lacking else []), *([f"has {beside} beside"] if beside else [])])
