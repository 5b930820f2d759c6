"""Open what a command line names as its input: a file, or standard input, kept so that it can be read twice."""

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

#: What stands for standard input or output on a command line.
STANDARD = "-"


class CannotRead(Exception):
    """What was named cannot be read; one sentence for the person at the terminal."""


@dataclass(frozen=True)
class Input:
    """`name` is how messages call it; `path` is where its bytes lie, None for what comes as it is read."""

    name: str
    path: Path | None

    def open(self) -> BinaryIO:
        """Open it anew, from its beginning; what comes as it is read can be opened once."""
        if self.path is None:
            return _standard_input()
        try:
            return self.path.open("rb")
        except OSError as exc:
            raise CannotRead(f"{self.name}: cannot be read: {(exc.strerror or str(exc)).lower()}.") from exc

    @property
    def size(self) -> int | None:
        return None if self.path is None else self.path.stat().st_size


@contextlib.contextmanager
def named(file: str, *, once: bool = False) -> Iterator[Input]:
    """Yield the input that `file` names; raise CannotRead for one that is not there, or is a directory.

    Standard input that is read `once` is not kept: what it gives is seen as it comes.
    """
    if file == STANDARD and once:
        yield Input("standard input", None)
        return
    if file == STANDARD:
        with _kept(_standard_input()) as kept:
            yield Input("standard input", kept)
        return
    if not file:
        raise CannotRead("A file has a name, and '' is none.")
    path = Path(file)
    if path.is_dir():
        raise CannotRead(f"{file} is a directory. Name a file in it.")
    if not path.exists():
        raise CannotRead(f"{file} does not exist.")
    if path.is_file() or once:
        yield Input(file, path)
        return
    # A pipe that a shell made of a command gives what it has once.
    with Input(file, path).open() as stream, _kept(stream) as kept:
        yield Input(file, kept)


def _standard_input() -> BinaryIO:
    if sys.stdin is None:  # whoever started this closed it
        raise CannotRead("standard input is closed. Name a file.")
    return sys.stdin.buffer


@contextlib.contextmanager
def _kept(stream: BinaryIO) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tuneyard-") as folder:
        kept = Path(folder) / "input"
        with kept.open("wb") as into:
            shutil.copyfileobj(stream, into)
        yield kept
