"""Run a measurement in a process of its own, and watch what it and its children take, and what others take meanwhile"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_EVERY_SECONDS = 0.1


@dataclass(frozen=True)
class Taken:
    """What a measurement took. `cpu` is that of all its processes, `foreign` the cores that others had meanwhile."""

    wall: float
    cpu: float
    memory: float  #: MiB at the most, of all its processes, what they share counted once.
    foreign: float


def measured(module: str, arguments: Iterable[str]) -> Taken:
    """Run `python -m module …`, which prints its timed part as JSON: `wall` and `cpu`."""
    busy, begun = _busy(), time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True)
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(child, peak))
    watcher.start()
    printed, _ = child.communicate()
    watcher.join()
    if child.returncode:
        raise SystemExit(f"{module} {' '.join(arguments)} ended with {child.returncode}")
    told = json.loads(printed.splitlines()[-1])
    elapsed = time.perf_counter() - begun
    foreign = max(0.0, (_busy() - busy - told["all_cpu"]) / elapsed)
    return Taken(told["wall"], told["cpu"], peak[0], foreign)


def _watch(child: "subprocess.Popen[str]", peak: list[float]) -> None:
    while child.poll() is None:
        peak[0] = max(peak[0], sum(_memory(pid) for pid in _tree(child.pid)))
        time.sleep(_EVERY_SECONDS)


def _tree(root: int) -> list[int]:
    found = [root]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                found += [int(one) for one in task.read_text("ascii").split()]
            except OSError:  # it has just ended
                continue
    return found


def _memory(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("Pss:")), 0.0)


def _busy() -> float:
    """Return the seconds that all cores have worked since the machine started."""
    fields = [int(one) for one in Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / _TICKS
