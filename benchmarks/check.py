"""Measure a check of a dataset against the bare tokenizer on the same text, and its memory at two sizes."""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from shared.catalogue import find
from shared.datasets.report import check
from shared.tokenizer import load

MODELS = {"o200k_base": "gpt-4o-mini", "cl100k_base": "gpt-3.5-turbo"}
AIM = 0.8  # of what the bare tokenizer reaches in one process
ROUNDS = 5

_WORDS = """
the of and a to in is you that it he was for on are as with his they at be this have from or one had by word but
not what all were we when your can said there use an each which she do how their if will up other about out many
then them these so some her would make like him into time has look two more write go see number no way could
people my than first water been call who oil its now find long down day did get come made may part invoice
refund delivery subscription Müller naïve Zürich function return value None self.assertEqual 2026-11-22 $19.99
https://example.org/a
""".split()  # noqa: SIM905 (as a list of strings it would fill a page)


def examples(size: int, seed: int = 1) -> Iterator[str]:
    """Yield lines of chat until `size` bytes: sentences of Zipf-like words, unique, with a system prompt on a third."""
    chance = random.Random(seed)  # noqa: S311 (text for a measurement)
    weights = [1 / (rank + 1) for rank in range(len(_WORDS))]
    done = 0
    while done < size:
        turns = (
            [{"role": "system", "content": "You answer customers briefly and kindly."}]
            if chance.random() < 0.33
            else []
        )
        for _ in range(chance.choice((1, 1, 1, 2))):
            turns += [
                {"role": role, "content": _text(chance, weights, length)}
                for role, length in (("user", chance.randint(8, 60)), ("assistant", chance.randint(30, 400)))
            ]
        line = json.dumps({"messages": turns}, ensure_ascii=chance.random() < 0.7) + "\n"
        done += len(line.encode())
        yield line


def _text(chance: random.Random, weights: list[float], length: int) -> str:
    words = chance.choices(_WORDS, weights, k=length)
    for place in range(0, length, 12):
        words[place] = (
            f"{words[place].capitalize()}{chance.randint(0, 9999)}" if chance.random() < 0.3 else words[place]
        )
    return " ".join(words) + "."


def compared(path: Path, encoding: str) -> tuple[float, float]:
    """Return seconds for tokenizing the contents alone, already in memory, and for a check from the file to its report.

    The two take turns, so that whatever else the machine does falls on both; each is its best round.
    """
    texts = [turn["content"] for line in path.open("rb") for turn in json.loads(line)["messages"]]
    encode = load(encoding).encode_ordinary

    def check_it() -> None:
        with path.open("rb") as stream:
            check(stream, model=find(MODELS[encoding]))

    rounds = [(_timed(lambda: [len(encode(text)) for text in texts]), _timed(check_it)) for _ in range(ROUNDS)]
    return min(alone for alone, _ in rounds), min(ours for _, ours in rounds)


def _timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def memory_of(path: Path) -> float:
    """Return the peak memory in MiB of a process of its own that checks the file."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.check", "--peak-of", str(path)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def _print_peak(path: Path) -> None:
    with path.open("rb") as stream:
        check(stream, model=find("gpt-4o-mini"))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> int:
    """Print the table; exit with 1 when a ratio misses its aim."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=float, default=10, help="size of the generated file (default: 10)")
    options.add_argument("--peak-of", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.peak_of:
        _print_peak(chosen.peak_of)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return _measure(Path(folder), int(chosen.megabytes * 1_000_000))


def _measure(folder: Path, size: int) -> int:
    path, tenth = folder / "chat.jsonl", folder / "tenth.jsonl"
    path.write_text("".join(examples(size)), "utf-8")
    tenth.write_text("".join(examples(size // 10)), "utf-8")
    megabytes = path.stat().st_size / 1e6
    missed = 0
    print(f"{megabytes:.1f} MB of generated chat, one process, best of {ROUNDS}")
    print("encoding     bare tokenizer   check, file to report   ratio")
    for encoding in MODELS:
        alone, ours = compared(path, encoding)
        missed += alone / ours < AIM
        print(f"{encoding:12} {megabytes / alone:8.1f} MB/s {megabytes / ours:16.1f} MB/s {alone / ours:14.2f}")
    print(f"peak memory  {memory_of(tenth):.0f} MiB for a tenth of it, {memory_of(path):.0f} MiB for all")
    print(f"aim: a ratio of at least {AIM}: {'missed' if missed else 'met'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
