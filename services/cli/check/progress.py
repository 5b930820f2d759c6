"""Show how far a check is, and the first thing it found, while a person watches"""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from services.cli.check.asked import OutputFormat
from services.cli.inputs import Input

#: A file below this is checked before anybody could read what was found first.
_LONG = 8 * 1024 * 1024


class _Finding(Protocol):
    @property
    def severity(self) -> str: ...


class Progress(Protocol):
    """Who is told of a check under way."""

    def move(self, done: int, lines: int) -> None:
        """Take how many bytes and lines were looked at."""

    def found(self, findings: "list[_Finding]") -> None:
        """Take what was found."""


@dataclass
class _Drawn:
    """A bar on standard error; above it the first error, the moment it is found."""

    bar: Bar
    task: TaskID
    told: bool = False

    def move(self, done: int, _lines: int) -> None:
        self.bar.update(self.task, completed=done)

    def found(self, findings: list[_Finding]) -> None:
        if not self.told and (first := _first(findings)) is not None:
            self.told = True
            self.bar.console.print(f"first: {escape(str(first))}", highlight=False)


@dataclass
class _Written:
    """In a pipe or a log of a long check: one line, the moment the first error is found."""

    told: bool = False

    def move(self, _done: int, _lines: int) -> None:
        pass

    def found(self, findings: list[_Finding]) -> None:
        if not self.told and (first := _first(findings)) is not None:
            self.told = True
            sys.stderr.write(f"first: {first}\n")
            sys.stderr.flush()


def _first(findings: list[_Finding]) -> _Finding | None:
    return next((one for one in findings if one.severity == "error"), None)


@contextlib.contextmanager
def shown_progress(given: Input, output_format: OutputFormat) -> Iterator[Progress | None]:
    """Yield who is to be told; nobody when the check is over in a moment, or only a program reads its output."""
    if not sys.stderr.isatty():
        yield _Written() if (given.size or 0) > _LONG and output_format is OutputFormat.HUMAN else None
        return
    columns = (TextColumn("checking"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Drawn(bar, bar.add_task("checking", total=given.size or None))
