"""An `up` as a child of the test: its lines as they come, and every process that belongs to it"""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

from services.cli.up.birth import BirthOptions, birth_options

SMALL_UP = str(Path(__file__).with_name("small_up.py"))
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[5])}

#: Seconds for what takes one or two on an idle machine.
PATIENCE = 60


class Up:
    """One running `up`."""

    def __init__(self, process: "subprocess.Popen[str]", mark: str, data_dir: Path) -> None:
        self.process = process
        self.data_dir = data_dir
        self._mark = mark.encode()
        self._seen: list[dict[str, Any]] = []

    def wait_for(self, event: str, **fields: object) -> dict[str, Any]:
        """Return the first such line, read by now or to come; fails with all lines when the process ends before."""
        assert self.process.stdout is not None
        for found in chain(list(self._seen), self._read(self.process.stdout)):
            if found["event"] == event and fields.items() <= found.items():
                return found
        raise AssertionError(f"{event} {fields} never came:\n{self._seen}\n{self.errors()}")

    def _read(self, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
        for line in lines:
            self._seen.append(json.loads(line))
            yield self._seen[-1]

    def errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode

    def processes(self) -> list[int]:
        """Pids of all that it started and that live: parts by a mark in the environment, servers by their folder."""
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal() and self._ours(entry)]

    def _ours(self, entry: Path) -> bool:
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            if (
                int(entry.name) == self.process.pid
                or (entry / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
            ):
                return False
            if self._mark in (entry / "environ").read_bytes():
                return True
            return self.data_dir.resolve() in (entry / "cwd").readlink().parents
        return False


def small_up(data_dir: Path, ports: tuple[int, int]) -> list[str]:
    return [sys.executable, SMALL_UP, str(data_dir), *map(str, ports)]


def refused(data_dir: Path, ports: tuple[int, int] = (0, 0)) -> str:
    """Start an `up` that cannot start, and return what it says about that."""
    line = small_up(data_dir, ports)
    ended = subprocess.run(line, env=ENVIRONMENT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    return ended.stderr


@contextmanager
def running(
    data_dir: Path,
    *,
    ports: tuple[int, int] = (0, 0),
    extra: Mapping[str, str] | None = None,
    birth: BirthOptions | None = None,
    command: Callable[[Path], list[str]] | None = None,
) -> Iterator[Up]:
    mark = uuid.uuid4().hex
    line = command(data_dir) if command else small_up(data_dir, ports)
    environment = {**ENVIRONMENT, "RUN_MARK": mark, **(extra or {})}
    process = subprocess.Popen(
        line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **(birth or birth_options())
    )
    up = Up(process, mark, data_dir)
    try:
        yield up
    finally:
        process.kill()
        process.communicate()
        wait_until(lambda: not up.processes())


def wait_until(true: Callable[[], bool]) -> None:
    """Look again and again: the end of a process that is not our child announces itself to nobody."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)
