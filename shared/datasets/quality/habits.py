"""See what the lines of a file do alike, or should: how legacy pairs end and begin, which keys a grader finds"""

from dataclasses import dataclass, field
from typing import Any, cast

from shared.datasets.checks.findings import Findings
from shared.datasets.checks.wording import shown
from shared.datasets.formats import Format, PlainPair
from shared.datasets.quality.groups import counted, distinct
from shared.datasets.quality.rows import Rows

#: A separator or a stop suffix is shorter than this; what two texts share beyond it is no marker.
_LONGEST = 40
#: Files whose lines each have keys of their own have no habit to tell of.
_MOST_KEYS = 1_000
#: What is kept of a key: a thousand of a megabyte each would be a gigabyte.
_LONGEST_KEY = 200
_RESERVED = {"messages", "tools"}
#: With fewer pairs a common ending may be chance, and its absence too.
_FEWEST_PAIRS = 2


@dataclass(slots=True)
class PairHabits:
    """What the prompts end in, and what the completions begin and end with."""

    pairs: int = 0
    asked: int = 0  #: Pairs with a prompt: where none has one, the model writes unasked.
    unspaced: int = 0  #: Completions that begin with no blank.
    prompts: str | None = None  #: What all prompts end in.
    completions: str | None = None

    def take(self, pair: PlainPair | dict[str, Any]) -> None:
        """Look at one pair."""
        prompt: Any
        completion: Any
        if isinstance(pair, PlainPair):
            prompt, completion = pair.prompt, pair.completion
        else:
            prompt, completion = pair.get("prompt"), pair.get("completion")
        if not isinstance(completion, str):
            return  # That is for the rules to say.
        self.pairs += 1
        self.unspaced += not completion[:1].isspace()
        self.completions = _common(self.completions, completion)
        if prompt and isinstance(prompt, str):
            self.asked += 1
            self.prompts = _common(self.prompts, prompt)

    def extend(self, later: "PairHabits") -> None:
        """Add what is known of the pairs that follow."""
        self.pairs += later.pairs
        self.asked += later.asked
        self.unspaced += later.unspaced
        self.prompts = _common(self.prompts, later.prompts)
        self.completions = _common(self.completions, later.completions)

    def conclude(self, findings: Findings, *, different: int) -> None:
        """Add what the legacy models want and these pairs lack; of the completions so many are `different`."""
        if self.pairs < _FEWEST_PAIRS:
            return
        if self.asked >= _FEWEST_PAIRS and not self.prompts:
            said = (
                "the prompts end in nothing that is the same in all, so the model cannot tell where the completion is"
            )
            findings.add(
                "pair_separator",
                f'{said} to begin. End each with a separator that stands nowhere else: "\\n\\n###\\n\\n".',
            )
        if self.unspaced:
            said = f"{self.unspaced:,} of {counted(self.pairs, 'completion')} do not begin with a blank"
            findings.add("pair_blank", f"{said}, as the first token of a word in a text does. Begin each with one.")
        # Few different completions are labels: each is learned whole, with its end.
        if self.asked and not self.completions and different * 3 > self.pairs:
            said = "the completions end in nothing that is the same in all, so the model does not learn where to stop"
            findings.add(
                "pair_stop", f'{said}. End each with the same suffix, such as " END", and ask with it as "stop".'
            )


@dataclass(slots=True)
class KeyHabits:
    """Which keys the reinforcement lines have beside those that are reserved."""

    lines: int = 0
    first: int | None = None
    #: By key: how many lines have it, and the first that lacks it.
    keys: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    #: Keys that every line has so far.
    common: set[str] = field(default_factory=set)

    def take(self, line: int, example: dict[str, Any]) -> None:
        """Look at one line. What it costs does not grow with the keys of those before."""
        own = {key if len(key) <= _LONGEST_KEY else key[:_LONGEST_KEY] for key in example} - _RESERVED
        if self.first is None:
            self.first, self.common = line, set(own)
        self.lines += 1
        if len(self.keys) > _MOST_KEYS:
            return
        for key in own:
            have, lacks = self.keys.get(key, (0, None if key in self.common else self.first))
            self.keys[key] = (have + 1, lacks)
        for key in self.common - own:
            self.keys[key] = (self.keys[key][0], line)
        self.common &= own

    def extend(self, later: "KeyHabits") -> None:
        """Add what is known of the lines that follow."""
        for key in self.keys | later.keys:
            have, lacks = self.keys.get(key, (0, self.first))
            have_later, lacks_later = later.keys.get(key, (0, later.first))
            self.keys[key] = (have + have_later, lacks_later if lacks is None else lacks)
            if len(self.keys) > _MOST_KEYS:
                break
        self.common = self.common & later.common if self.lines and later.lines else self.common | later.common
        self.first = later.first if self.first is None else self.first
        self.lines += later.lines

    def conclude(self, findings: Findings) -> None:
        """Add a finding for each key that some lines have and others lack, or one for all where they are many."""
        cure = "a grader that reads it as {{item.KEY}} fails on the others. Give it to every line, or to none."
        if len(self.keys) > _MOST_KEYS:
            said = f"over {_MOST_KEYS:,} keys stand beside the messages, more than are compared"
            findings.add("grader_key_varies", f"{said}. Where one varies, {cure}")
            return
        for key, (have, lacks) in sorted(self.keys.items()):
            if have < self.lines:
                said = f"{shown(key)} stands in {have:,} of {counted(self.lines, 'line')}, not here"
                findings.add("grader_key_varies", f"{said}: {cure}", line=lacks)


class Habits:
    """The habits of a file, whichever of the two formats it has."""

    __slots__ = ("keys", "pairs")

    def __init__(self) -> None:
        self.pairs = PairHabits()
        self.keys = KeyHabits()

    def take(self, line: int, example: object, kind: Format) -> None:
        """Look at one example without errors; chats and preferences have no such habits."""
        if kind is Format.COMPLETION:
            self.pairs.take(cast("PlainPair | dict[str, Any]", example))
        elif kind is Format.REINFORCEMENT:
            self.keys.take(line, cast("dict[str, Any]", example))

    def extend(self, later: "Habits") -> None:
        """Add what is known of the lines that follow."""
        self.pairs.extend(later.pairs)
        self.keys.extend(later.keys)

    def conclude(self, findings: Findings, rows: Rows) -> None:
        """Add what is to be said of the file."""
        if self.pairs.pairs:
            self.pairs.conclude(findings, different=len(distinct(rows["answer"])))
        self.keys.conclude(findings)


def _common(known: str | None, text: str | None) -> str | None:
    """Return what both texts end in; None is no text yet, and takes any."""
    if known is None or text is None:
        return text[-_LONGEST:] if known is None and text is not None else known
    if text.endswith(known):
        return known
    length = next((at for at in range(min(len(known), len(text))) if known[-at - 1] != text[-at - 1]), None)
    shared = min(len(known), len(text)) if length is None else length
    return known[len(known) - shared :]
