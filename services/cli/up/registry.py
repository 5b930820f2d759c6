"""Remember which processes are ours, and end those that an `up` killed before us left behind"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

#: Seconds that a process left behind has to end by its own signal, then by SIGKILL.
PATIENCE = 10.0


@dataclass(frozen=True)
class Entry:
    """One process; `born` tells it from a later one with the same pid."""

    pid: int
    born: str
    stop_signal: int


class Registry:
    """A file of the live children.

    On Linux the kernel ends them with us (`birth.py`), and the file only says for whom to wait. Elsewhere it is all
    there is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, Entry] = {}

    def add(self, name: str, pid: int, stop_signal: signal.Signals) -> None:
        born = birth_mark(pid)
        if born is not None:
            self._entries[name] = Entry(pid, born, int(stop_signal))
            self._write()

    def remove(self, name: str) -> None:
        if self._entries.pop(name, None) is not None:
            self._write()

    def end_leftovers(self) -> list[str]:
        """End every process of the file that still lives, and wait for it. Returns their names."""
        left = {name: entry for name, entry in self._read().items() if _lives(entry)}
        for entry in left.values():
            _send(entry.pid, entry.stop_signal)
        if not _gone(left.values()):
            for entry in left.values():
                _send(entry.pid, signal.SIGKILL)
            _gone(left.values())
        self._path.unlink(missing_ok=True)
        return sorted(left)

    def _read(self) -> dict[str, Entry]:
        try:
            return {name: Entry(**entry) for name, entry in json.loads(self._path.read_text()).items()}
        except (FileNotFoundError, ValueError, TypeError):
            return {}

    def _write(self) -> None:
        unfinished = self._path.with_suffix(".new")
        unfinished.write_text(json.dumps({name: asdict(entry) for name, entry in self._entries.items()}))
        unfinished.replace(self._path)


def birth_mark(pid: int) -> str | None:
    """When the process was born, in whatever the system counts; None when there is none, or a zombie only."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # The second field is the program's name in brackets and may hold anything.
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        state, start_time = fields[0], fields[19]
        return None if state in "ZX" else start_time
    shown = subprocess.run(  # noqa: S603 - a number, nothing else
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    state, _, start = shown.partition(" ")
    return None if not start or state.startswith("Z") else start.strip()


def _lives(entry: Entry) -> bool:
    return birth_mark(entry.pid) == entry.born


def _gone(entries: Collection[Entry]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while any(_lives(entry) for entry in entries):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)  # they are not our children, so there is nothing to wait on
    return True


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
    if number == signal.SIGKILL:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, number)
