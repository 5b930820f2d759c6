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

    def __init__(self, separator: str | None = None, stop: str | None = None) -> None:
        """What the caller names goes before what is recognised; an empty text ends nothing."""
        self._prompts = _Suffixes(SEPARATORS if separator is None else (separator,), named=separator is not None)
        self._completions = _Suffixes(STOPS if stop is None else (stop,), named=stop is not None)

    def look(self, records: Iterable[dict[str, Any]]) -> None:
        """Look at every pair."""
        for record in records:
            self._prompts.look(record.get("prompt"))
            self._completions.look(record.get("completion"))

    def markers(self) -> tuple[Markers, list[str]]:
        """Return the markers, and a sentence on each."""
        separator, of_prompts = self._prompts.found("separator", "prompt")
        stop, of_completions = self._completions.found("stop suffix", "completion")
        return Markers(separator, stop), [note for note in (of_prompts, of_completions) if note]


class _Suffixes:
    def __init__(self, known: tuple[str, ...], *, named: bool) -> None:
        self._known = known
        self._named = named
        self._texts = 0
        self._ends: Counter[str] = Counter()

    def look(self, text: Any) -> None:
        if isinstance(text, str) and text:
            self._texts += 1
            self._ends.update(suffix for suffix in self._known if suffix and text.endswith(suffix))

    def found(self, name: str, where: str) -> tuple[str, str]:
        """Return the longest suffix that nearly all have, or that was named, and a sentence."""
        for suffix in self._known:
            ends = self._ends[suffix]
            if self._named and not ends:
                return suffix, f"No {where} ends in the {name} {suffix!r}: nothing was taken away." if suffix else ""
            if self._named or (self._texts and ends >= _SHARE * self._texts):
                lacking = self._texts - ends
                rest = f"; {lacking:,} without it stay as they are" if lacking else ""
                return suffix, f"The {name} {suffix!r} was taken from {ends:,} {where}{'s' * (ends != 1)}{rest}."
        return "", f"No {name} was recognised at the end of the {where}s."
