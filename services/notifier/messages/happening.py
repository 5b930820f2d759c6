"""What a message is written from: the event as it is sent, and what the database adds to it"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.notifier.messages.message import Curve


@dataclass(frozen=True)
class Finding:
    """One finding of a file's report."""

    line: int | None
    message: str

    def __str__(self) -> str:
        return self.message if self.line is None else f"line {self.line:,}: {self.message}"


@dataclass(frozen=True)
class Report:
    """What a person wants of a file's report."""

    examples: int = 0
    tokens: int = 0
    errors: int = 0
    warnings: int = 0
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Background:
    """What is not in the snapshot: read when the message is sent, empty when it is no longer there."""

    curve: Curve = field(default_factory=Curve)
    #: File ids and the names under which they were handed in.
    files: Mapping[str, str] = field(default_factory=dict)
    report: Report | None = None
    #: The job of a model that became ready, as the API shows it.
    job: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Happening:
    """One event: the envelope's fields, and its data."""

    id: str
    type: str
    created_at: int
    sequence: int
    data: Mapping[str, Any]
    background: Background = field(default_factory=Background)
    test: bool = False

    def text(self, *path: str) -> str | None:
        """Return the string that stands there, if one does."""
        value = self.value(*path)
        return value if isinstance(value, str) and value else None

    def number(self, *path: str) -> int | float | None:
        """Return the number that stands there, if one does."""
        value = self.value(*path)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def value(self, *path: str) -> Any:
        """Return what stands there; None where the way ends early."""
        found: Any = self.data
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found


def read(body: bytes) -> Happening:
    """Read the bytes of a delivery, which are ours."""
    return of(json.loads(body))


def of(told: Mapping[str, Any]) -> Happening:
    """Return the event that an envelope tells of."""
    data = told.get("data")
    return Happening(
        id=told["id"],
        type=told["type"],
        created_at=told["created_at"],
        sequence=told.get("sequence", 0),
        data=data if isinstance(data, Mapping) else {},
        # It never happened; somebody wants to see what it would look like.
        test=told.get("test") is True,
    )
