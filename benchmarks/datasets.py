"""Measure the check of a dataset: beside the bare tokenizer, the cookbook's algorithm and Together's check of a file"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import _peers, _rivals
from benchmarks._corpus import Corpus
from benchmarks._watch import Taken, measured
from shared.catalogue import find
from shared.datasets.report import check
from shared.tokenizer import counting

MODEL = "gpt-4o-mini"
#: Of a smaller file the start of the processes is a part that shows.
JUDGED_MEGABYTES = 100
#: Lines with tools take several times as long each, and are judged from here on; more of them are not made.
TOOLS_MEGABYTES = 20


def run(name: str, path: Path, processes: int) -> tuple[float, float]:
    """Do one measurement; return seconds and CPU seconds, without those for loading tables."""
    if name.startswith("bare"):
        return _rivals.bare(path, processes, fast=name.endswith("fast"))
    if name == "together":
        return _peers.together(path)
    fast = name.endswith("fast")
    counting.is_fast_installed = lambda: fast  # type: ignore[assignment]
    if name == "cookbook":
        _rivals.tokenizer()
    else:
        counting.Counter("o200k_base").count("loaded")

    def checked(**options: bool) -> None:
        with path.open("rb") as stream:
            check(stream, model=find(MODEL), processes=processes, **options)

    what: dict[str, Callable[[], None]] = {
        "cookbook": lambda: _rivals.cookbook(path),
        "objects": lambda: _rivals.objects(path),
        "check": checked,
        "structure": lambda: checked(tokens=False),
        "quality": lambda: checked(quality=True),
    }
    before, begun = _cpu(), time.perf_counter()
    what[name.removesuffix(" fast")]()
    return time.perf_counter() - begun, _cpu() - before


def _child(name: str, path: Path, processes: int) -> None:
    wall, cpu = run(name, path, processes)
    print(json.dumps({"wall": wall, "cpu": cpu, "all_cpu": _cpu()}))


def _cpu() -> float:
    mine, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime + children.ru_utime + children.ru_stime


class Table:
    """Measurements of one file, printed as they come, and the ratios that are aimed at."""

    def __init__(self, path: Path, processes: int, rounds: int, judged_from: int = JUDGED_MEGABYTES) -> None:
        self.path, self.processes, self.rounds = path, processes, rounds
        self.megabytes = path.stat().st_size / 1e6
        self.is_judged = self.megabytes >= judged_from
        self.missed = 0

    def measure(self, name: str) -> Taken:
        """Return the round that took the least CPU: what others do on the machine only ever adds to it."""
        arguments = ["--run", name, "--file", str(self.path), "--processes", str(self.processes)]
        taken = min((measured("benchmarks.datasets", arguments) for _ in range(self.rounds)), key=lambda one: one.cpu)
        print(
            f"  {name:15} {self.megabytes / taken.wall:8.1f} MB/s {taken.wall:8.2f} s {taken.cpu:8.2f} CPU s "
            f"{taken.memory:6.0f} MiB   {taken.foreign:.1f} cores busy elsewhere",
            flush=True,
        )
        return taken

    def ratio(self, what: str, ours: Taken, theirs: Taken, aim: float | None, *, processes: int | None = None) -> None:
        """Print how many times as fast as theirs ours is, by the clock and by CPU seconds over the processes."""
        clock = theirs.wall / ours.wall
        cpu = theirs.cpu / (processes or self.processes) / (ours.cpu / self.processes)
        if aim is None:
            print(f"  {what:58} {clock:5.2f} (by CPU {cpu:5.2f})   not judged")
            return
        best = cpu if max(ours.foreign, theirs.foreign) > 0.2 else clock
        self.missed += self.is_judged and best < aim
        end = f": {'met' if best >= aim else 'MISSED'}" if self.is_judged else ", of large files"
        print(f"  {what:58} {clock:5.2f} (by CPU {cpu:5.2f})   aim {aim:4.2f}{end}")


def chat(path: Path, processes: int, rounds: int, *, quality: bool) -> int:
    """Measure a file of plain chat; return how many aims are missed."""
    table = Table(path, processes, rounds)
    print(f"chat, {table.megabytes:.1f} MB, {processes} processes (cookbook, together and objects: one)")
    bare, bare_fast = table.measure("bare tiktoken"), table.measure("bare fast")
    cookbook, objects = table.measure("cookbook"), table.measure("objects")
    together = table.measure("together") if _peers.are_installed() else None
    ours, ours_fast, structure = table.measure("check"), table.measure("check fast"), table.measure("structure")
    table.ratio("check / bare tiktoken", ours, bare, 0.9)
    table.ratio("check with the fast counter / bare tiktoken", ours_fast, bare, 1.0)
    table.ratio("check with the fast counter / the bare fast counter", ours_fast, bare_fast, 0.75)
    table.ratio("check / cookbook", ours, cookbook, 3.3, processes=1)
    table.ratio("check with the fast counter / cookbook", ours_fast, cookbook, 5.0, processes=1)
    if together:
        table.ratio("structure / Together's check_file", structure, together, 1.5, processes=1)
    else:
        print("  Together's check_file is not installed (make bench-datasets does it); its stand-in does less")
    table.ratio("structure / the stand-in: every line an object with roles", structure, objects, None, processes=1)
    if quality:
        full, full_fast = table.measure("quality"), table.measure("quality fast")
        table.ratio("all checks / cookbook", full, cookbook, 2.0, processes=1)
        table.ratio("all checks with the fast counter / cookbook", full_fast, cookbook, 2.0, processes=1)
    most = max(one.memory for one in (ours, ours_fast, structure))
    print(f"  memory of all processes at the most: {most:.0f} MiB, aim 400: {'met' if most < 400 else 'MISSED'}")
    return table.missed + (most >= 400)


def tools(path: Path, processes: int, rounds: int) -> int:
    """Measure a file whose every line declares tools and calls one; return how many aims are missed."""
    table = Table(path, processes, rounds, TOOLS_MEGABYTES)
    print(f"tools, {table.megabytes:.1f} MB, {processes} processes")
    bare, ours, fast = table.measure("bare tiktoken"), table.measure("check"), table.measure("check fast")
    table.ratio("check / bare tiktoken, which is given no tools", ours, bare, 0.5)
    table.ratio("check with the fast counter / bare tiktoken", fast, bare, 0.6)
    return table.missed


def promptness(path: Path) -> int:
    """Measure what a person waits for: a small file, and the first finding of a large bad one."""
    model = find(MODEL)
    with path.open("rb") as stream:
        thousand = [line for line, _ in zip(stream, range(1000), strict=False)]
    check(thousand[:1], model=model)  # the tables are loaded by then
    begun = time.process_time()
    check(thousand, model=model)
    small = time.process_time() - begun  # here, by one process: what others do is not in it
    heard: list[float] = []
    begun = time.perf_counter()
    with path.open("rb") as stream:
        chunks = (part for source in ([b"{}\n"], iter(lambda: stream.read(1 << 18), b"")) for part in source)
        check(chunks, model=model, processes=2, on_findings=lambda _: heard.append(time.perf_counter() - begun))
    print(f"  1,000 lines {small:.2f} CPU s, aim 0.30; first finding after {heard[0]:.3f} s, aim 1")
    return (small > 0.3) + (heard[0] > 1)


def main() -> int:
    """Print the table; exit with 1 when an aim is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=float, nargs="+", default=[20], help="sizes of the file (default: 20)")
    options.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options.add_argument("--rounds", type=int, default=1, help="of which the one with the least CPU counts")
    options.add_argument("--without-quality", action="store_true", help="leave out the checks of the file as a whole")
    options.add_argument("--run", help=argparse.SUPPRESS)
    options.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.run:
        _child(chosen.run, chosen.file, chosen.processes)
        return 0
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for megabytes in chosen.megabytes:
            size = int(megabytes * 1e6)
            path = _written(Path(folder) / "chat.jsonl", size, tools=0.0)
            missed += chat(path, chosen.processes, chosen.rounds, quality=not chosen.without_quality)
        missed += promptness(path)
        missed += tools(
            _written(path, min(size, TOOLS_MEGABYTES * 1_000_000), tools=1.0), chosen.processes, chosen.rounds
        )
    print("every aim that was judged is met" if not missed else f"{missed} aims missed")
    return 1 if missed else 0


def _written(path: Path, size: int, *, tools: float) -> Path:
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(Corpus().lines(size, tools=tools))
    return path


if __name__ == "__main__":
    sys.exit(main())
