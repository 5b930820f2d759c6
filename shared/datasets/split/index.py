"""One pass over a dataset for a split: what each example asks as a number, and which system prompt it stands under."""

import hashlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from shared.datasets.checks import Findings, Place
from shared.datasets.checks.syntax import read_object
from shared.datasets.quality.talk import Talk
from shared.datasets.split.alike import Likeness
from shared.datasets.split.lines import example_lines
from shared.datasets.split.prompt import prompt_and_system, read_talk
from shared.errors import Refused


@dataclass(frozen=True)
class Index:
    """Examples by the question they ask. A group is one question; a stratum is one system prompt."""

    group: "np.ndarray[Any, np.dtype[np.int64]]"  #: Of each example, in the order of the file.
    hashes: "np.ndarray[Any, np.dtype[np.uint64]]"  #: Of each group: evenly spread, and other under another seed.
    sizes: "np.ndarray[Any, np.dtype[np.int64]]"  #: Of each group: its examples.
    stratum: "np.ndarray[Any, np.dtype[np.int64]]"  #: Of each group: that of its first example.

    @property
    def examples(self) -> int:
        return len(self.group)

    @property
    def strata(self) -> int:
        return len(np.unique(self.stratum))

    def by_stratum(self) -> Iterator["np.ndarray[Any, np.dtype[np.int64]]"]:
        """Yield the groups of each system prompt, the lowest hash first."""
        order = np.lexsort((self.hashes, self.stratum))
        yield from np.split(order, np.flatnonzero(np.diff(self.stratum[order])) + 1)


def index_of(stream: BinaryIO | Iterable[bytes], seed: int, *, near: bool) -> Index:
    """Read the file to its end; raise Refused at the first line that is no example, for nothing is left out unseen.

    Questions of examples that are `near` each other are one group, with the lowest of their hashes.
    """
    key = hashlib.blake2b(str(seed).encode(), digest_size=32).digest()
    asked, under = array("Q"), array("Q")
    likeness = Likeness() if near else None
    for number, line in example_lines(stream):
        talk = _read(number, line)
        if likeness is not None:
            likeness.take(talk)
        prompt, system = prompt_and_system(talk)
        asked.append(_number(prompt, key))
        under.append(_number(system, key))
    if not asked:
        raise Refused("The file has no examples. Write one JSON object per line.")
    hashes, group = np.unique(np.frombuffer(asked, dtype=np.uint64), return_inverse=True)
    if likeness is not None:
        # Hashes are in order, so the least group has the lowest.
        least = likeness.joined(group, len(hashes))
        hashes, group = np.unique(hashes[least[group]], return_inverse=True)
    _, first, sizes = np.unique(group, return_index=True, return_counts=True)
    _, strata = np.unique(np.frombuffer(under, dtype=np.uint64), return_inverse=True)
    return Index(group, hashes, sizes, strata[first])


def _read(number: int, line: bytes | None) -> Talk:
    if line is None:
        raise Refused(f"Line {number} is over 64 MiB. Split it; `tuneyard check` finds whatever else there is.")
    try:
        return read_talk(line)
    except (ValueError, RecursionError) as exc:
        said = _why(number, line) or f"{exc}."
        raise Refused(f"Line {number} is no example: {said} `tuneyard check` finds all there is.") from exc


def _why(number: int, line: bytes) -> str | None:
    """Return what the check says of a line that no decoder reads; None where it can be read."""
    findings = Findings()
    read_object(line, Place(findings, number))
    return next((finding.message for finding in findings.listed()), None)


def _number(text: str, key: bytes) -> int:
    # Only what seed and text are decides: no order of lines, no process, no hash of Python's own.
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=key).digest()
    return int.from_bytes(digest, "big")
