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
    """`name` is how messages call it; `path` is where its bytes lie."""

    name: str
    path: Path

    def open(self) -> BinaryIO:
        """Open it anew, from its beginning."""
        try:
            return self.path.open("rb")
        except OSError as exc:
            raise CannotRead(f"{self.name}: cannot be read: {(exc.strerror or str(exc)).lower()}.") from exc

    @property
    def size(self) -> int:
        return self.path.stat().st_size


@contextlib.contextmanager
def named(file: str) -> Iterator[Input]:
    """Yield the input that `file` names; raise CannotRead for one that is not there, or is a directory."""
    if file == STANDARD:
        with tempfile.TemporaryDirectory(prefix="tuneyard-") as folder:
            kept = Path(folder) / "standard-input"
            with kept.open("wb") as into:
                shutil.copyfileobj(sys.stdin.buffer, into)
            yield Input("standard input", kept)
        return
    path = Path(file)
    if path.is_dir():
        raise CannotRead(f"{file} is a directory. Name a file in it.")
    if not path.exists():
        raise CannotRead(f"{file} does not exist.")
    yield Input(file, path)
