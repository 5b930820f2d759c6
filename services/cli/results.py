"""Write a file that a command makes: whole or not at all, and never over something that is there."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from services.cli.inputs import STANDARD, Input


class CannotWrite(Exception):
    """The result cannot go where it was to go; one sentence for the person at the terminal."""


def beside(file: Path, ending: str) -> str:
    """Return the name of a result beside its source: of `data.csv.gz` and `chat.jsonl` it is `data.chat.jsonl`."""
    plain = Path(str(file).removesuffix(".gz").removesuffix(".zst"))
    return str(plain.with_suffix(f".{ending}"))


def refuse_source(path: str, given: Input) -> None:
    """Raise CannotWrite when a result would go over what it is made of, which --force is not asked for."""
    if path == STANDARD or given.path is None or not Path(path).exists():
        return
    if Path(path).samefile(given.path):
        raise CannotWrite(f"{path} is the file that is read. Name another.")


def refuse_existing(path: str, *, force: bool) -> None:
    """Raise CannotWrite when something stands where a result is to go: asked before the work, not after it."""
    if path == STANDARD:
        return
    if Path(path).is_dir():
        raise CannotWrite(f"{path} is a directory. Name a file in it.")
    if Path(path).exists() and not Path(path).is_file():
        # A file would take the place of the device or the pipe, for everybody.
        raise CannotWrite(f"{path} is no file. Name one.")
    if Path(path).exists() and not force:
        raise CannotWrite(f"{path} exists. Name another file, or overwrite it with --force.")
    if not Path(path).resolve().parent.is_dir():
        raise CannotWrite(f"{path}: there is no such folder. Make it, or name another.")


@contextlib.contextmanager
def written(path: str, *, force: bool = False) -> Iterator[BinaryIO]:
    """Yield what to write to; the file appears under its name when all of it is written, and not otherwise."""
    if path == STANDARD:
        yield sys.stdout.buffer
        return
    refuse_existing(path, force=force)
    whole = Path(path).resolve()
    try:
        number, part = tempfile.mkstemp(dir=whole.parent, prefix=f".{whole.name}.")
    except OSError as exc:
        raise CannotWrite(f"{path}: cannot be written: {(exc.strerror or str(exc)).lower()}.") from exc
    try:
        with os.fdopen(number, "wb") as stream:
            yield stream
        _name(Path(part), whole, path, force=force)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _name(part: Path, whole: Path, path: str, *, force: bool) -> None:
    umask = os.umask(0)
    os.umask(umask)
    part.chmod(0o666 & ~umask)
    if force:
        part.replace(whole)
        return
    try:
        # A link fails where a rename would overwrite what appeared since the first look.
        whole.hardlink_to(part)
    except FileExistsError as exc:
        raise CannotWrite(f"{path} exists. Name another file, or overwrite it with --force.") from exc
    part.unlink()
