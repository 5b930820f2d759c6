"""Recognise the separator and the stop suffix of legacy pairs over the whole file, and take them away."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

#: What the legacy guide and its command line proposed to end a prompt with, the longest first.
SEPARATORS = (
    "\n\n### =>\n\n", "\n\n===>\n\n", "\n\n--->\n\n", "\n\n###\n\n", "\n\n===\n\n", "\n\n---\n\n", "\n\n->\n\n",
    "\n###\n", "\n\n###", "\n###", " ###", "###", "\n->", " ->", "->", " =>", "=>",
)  # fmt: skip
#: And a completion. A newline is a stop only where nearly every completion ends in one.
STOPS = (
    "\n\n###\n\n", "\n\n###", "\n###", " ###", "###", "\nEND", " END", " STOP", "<|endoftext|>",
    "***", "+++", "&&&", "$$$", "@@@", "%%%", "\n\n", "\n",
)  # fmt: skip
#: Below this share a suffix is somebody's last word, not a marker.
_SHARE = 0.9


@dataclass(frozen=True)
class Markers:
    """What ends each prompt and each completion; an empty one ends none."""

    separator: str = ""
    stop: str = ""

    def prompt(self, text: str) -> str:
        """Return a prompt without the separator."""
        return text.removesuffix(self.separator)

    def completion(self, text: str) -> str:
        """Return a completion without the stop suffix, and without the blank that legacy completions begin with."""
        return text.removesuffix(self.stop).removeprefix(" ")


class Recognition:
    """Looks at pairs; what it has seen of all of them tells the markers."""

    def __init__(self) -> None:
        self._prompts = _Suffixes(SEPARATORS)
        self._completions = _Suffixes(STOPS)

    def look(self, records: Iterable[dict[str, Any]]) -> None:
        """Look at every pair."""
        for record in records:
            self._prompts.look(record.get("prompt"))
            self._completions.look(record.get("completion"))

    def markers(self, separator: str | None, stop: str | None) -> tuple[Markers, list[str]]:
        """Return the markers, those given before those recognised, and a sentence on each that was recognised."""
        notes = []
        if separator is None:
            separator, note = self._prompts.found("separator", "prompt")
            notes.append(note)
        if stop is None:
            stop, note = self._completions.found("stop suffix", "completion")
            notes.append(note)
        return Markers(separator, stop), notes


class _Suffixes:
    def __init__(self, known: tuple[str, ...]) -> None:
        self._known = known
        self._texts = 0
        self._ends: Counter[str] = Counter()

    def look(self, text: Any) -> None:
        if isinstance(text, str) and text:
            self._texts += 1
            self._ends.update(suffix for suffix in self._known if text.endswith(suffix))

    def found(self, name: str, where: str) -> tuple[str, str]:
        """Return the longest suffix that nearly all have, and a sentence."""
        for suffix in self._known:
            if self._texts and self._ends[suffix] >= _SHARE * self._texts:
                lacking = self._texts - self._ends[suffix]
                rest = f"; {lacking:,} without it stay as they are" if lacking else ""
                return suffix, f"The {name} {suffix!r} was taken from {self._ends[suffix]:,} {where}s{rest}."
        return "", f"No {name} was recognised at the end of the {where}s."
