"""Bear every output there is: another encoding, a full disk, a reader that left; and an end that is ordered."""

import contextlib
import errno
import io
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

#: What a write to standard output or error can end in; a file that is named has its own sentence.
_OF_WRITING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EBADF})
_FAILED = 1
_IN_ASCII = str.maketrans(
    {"·": "-", "×": "x", "…": "...", "→": "->", "—": "-"} | dict(zip("▁▂▃▄▅▆▇█", ".:-=+*#@", strict=True))
)


def forgive_encodings() -> None:
    """Let a character that the terminal's encoding lacks become a question mark, and a closed output be nothing."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (as long as the process)
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def drawable(text: str, encoding: str) -> str:
    """Return the text with its signs and bars in ASCII where the encoding is not one of Unicode."""
    return text if is_unicode(encoding) else text.translate(_IN_ASCII)


def is_unicode(encoding: str | None) -> bool:
    """Return whether every character can be written."""
    return (encoding or "").lower().startswith("utf")


@contextlib.contextmanager
def told_when_lost() -> Iterator[None]:
    """End with one sentence and exit code 1 when output cannot be written; in silence when its reader left."""
    try:
        try:
            yield
        finally:
            # What is still held back would fail at Python's own end, where nobody can catch it.
            for stream in filter(None, (sys.stdout, sys.stderr)):
                stream.flush()
    except BrokenPipeError:
        _write_nowhere()
        raise SystemExit(_FAILED) from None
    except OSError as exc:
        _write_nowhere()
        with contextlib.suppress(OSError):
            os.write(2, f"error: {_sentence(exc)}\n".encode("ascii", "replace"))
        raise SystemExit(_FAILED) from None


@contextlib.contextmanager
def tidy_when_ended() -> Iterator[None]:
    """Unwind when the process is told to end: what was kept for a while, or written by half, is removed."""
    numbers = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) == signal.SIG_DFL]
    for number in numbers:
        signal.signal(number, _unwind)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _unwind(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _sentence(exc: OSError) -> str:
    why = (exc.strerror or str(exc)).lower()
    if exc.filename is None and exc.errno in _OF_WRITING:
        return f"the output could not be written: {why}. Write it to where there is room."
    return f"{exc.filename}: {why}." if exc.filename is not None else f"{why}."


def _write_nowhere() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
        try:
            stream.flush()
        except OSError:
            # What this stream still holds would be tried, and complained of, once more at Python's end.
            os.dup2(nowhere, descriptor)
    os.close(nowhere)
