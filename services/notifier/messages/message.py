"""What a message is: title, tone, facts, cause, cure, curve and links, before any channel has drawn it"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Points = tuple[tuple[int, float], ...]


class Tone(StrEnum):
    """How the news is; a channel shows it as a sign, a word or a colour."""

    GOOD = "good"  #: What was wanted has happened.
    BAD = "bad"  #: Somebody must do something.
    WARNING = "warning"  #: Somebody should look, before it becomes bad.
    NEUTRAL = "neutral"  #: Something goes on.


class Phase(StrEnum):
    """Where in the story of its thread a message stands: a channel that can has one message for each job."""

    ALONE = "alone"  #: It has no thread.
    UNDER_WAY = "under_way"  #: The thing has begun; what comes next takes its place.
    ENDED = "ended"  #: How it ended, for good.
    AFTERWARDS = "afterwards"  #: Something more, after the end.


@dataclass(frozen=True)
class Fact:
    """One thing to know. `code` says that it is an id or a name to be copied, not read."""

    label: str
    value: str
    code: bool = False


@dataclass(frozen=True)
class Link:
    """A way to more. Made by us from the operator's own address, so a channel may draw it as a button."""

    label: str
    url: str


@dataclass(frozen=True)
class Curve:
    """Losses by step, in nats per token."""

    train: Points = ()
    valid: Points = ()

    @property
    def told(self) -> bool:
        """Whether there is something to draw: a point is no curve."""
        return len(self.train) > 1


@dataclass(frozen=True)
class Message:
    """An event in plain words. Every string may hold what a caller wrote: whoever draws it escapes it."""

    event_id: str
    event_type: str
    title: str
    tone: Tone
    summary: str
    facts: tuple[Fact, ...] = ()
    #: Things of one kind, each a line: the first findings of a file, the events of a digest.
    items: tuple[str, ...] = ()
    #: How many more items there are.
    more: int = 0
    cause: str | None = None
    cure: str | None = None
    #: Code to copy, to try what is new.
    snippet: str | None = None
    curve: Curve = field(default_factory=Curve)
    links: tuple[Link, ...] = ()
    #: What messages of one thing are grouped by: a job's id.
    thread: str | None = None
    phase: Phase = Phase.ALONE
    #: Later messages of a thread have higher ones.
    sequence: int = 0
    test: bool = False

    @property
    def fallback(self) -> str:
        """The message in a line: what a telephone shows, and what a screen reader says first."""
        return f"{self.title}. {self.summary}".strip()


def facts(*pairs: tuple[str, str | None] | Fact | None) -> tuple[Fact, ...]:
    """Return the facts that are known; a pair whose value is None or empty is left out."""
    known = (pair if isinstance(pair, Fact) or pair is None else _fact(*pair) for pair in pairs)
    return tuple(fact for fact in known if fact is not None)


def code(label: str, value: str | None) -> Fact | None:
    """Return the fact of an id or a name."""
    return Fact(label, value, code=True) if value else None


def first(items: Sequence[str], most: int) -> tuple[tuple[str, ...], int]:
    """Return the first items, and how many are left out."""
    return tuple(items[:most]), max(len(items) - most, 0)


def _fact(label: str, value: str | None) -> Fact | None:
    return Fact(label, value) if value else None
