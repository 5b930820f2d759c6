"""Measure each check of quality against the bare tokenizer on the same text, their memory, and what they find"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.datasets.checks import Findings
from shared.datasets.formats import Format, PlainChat, read_plain
from shared.datasets.quality import Sketch
from shared.datasets.quality.credentials import check_secrets
from shared.datasets.quality.endings import check_circles, ending_of
from shared.datasets.quality.facts import add_facts
from shared.datasets.quality.grounding import grounding_of
from shared.datasets.quality.languages import asks_language, languages_of
from shared.datasets.quality.mojibake import check_mojibake
from shared.datasets.quality.personal import check_personal
from shared.datasets.quality.promises import check_promises
from shared.datasets.quality.refusals import refusing
from shared.datasets.quality.rows import Rows
from shared.datasets.quality.shapes import KeySets, shape_of
from shared.datasets.quality.shingles import Shingles
from shared.datasets.quality.talk import Talk, see
from shared.datasets.quality.texts import Texts
from shared.tokenizer import load

MOST_OF_TOKENIZING = 1.2  #: What all checks may cost, of what counting the tokens costs.
MOST_BYTES_A_ROW = 1_300  #: With near-duplicates: 1.3 GB a million.
ROUNDS = 3
_TOGETHER = 500  #: Talks laid side by side.
_LINES = range(100_000, 100_000 + _TOGETHER)  #: Far down the file, where few names are looked for.
_CHANCE = random.Random(20261128)  # noqa: S311 (the same rows in every run)
_LETTERS, _WEIGHTS = "etaoinshrdlucmfwypvbgk", (12, 9, 8, 8, 7, 7, 6, 6, 6, 4, 4, 3, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1)
_RARE = ["".join(_CHANCE.choices(_LETTERS, _WEIGHTS, k=_CHANCE.randint(3, 10))) for _ in range(8_000)]
_FREQUENT = """
the and of to is in that it you for with this are be on not have from was can I I'll We your
""".split()  # noqa: SIM905 (as a list of strings it would fill a page)
_WORDS = _FREQUENT * 120 + _RARE


def _text(words: int) -> str:
    return " ".join(_CHANCE.choices(_WORDS, k=words)).capitalize()


def examples(number: int) -> tuple[list[PlainChat], dict[str, int]]:
    """Return short conversations, and how many of them are exact duplicates, near ones, or contradict."""
    rows = [[_text(_CHANCE.randint(8, 40)) + "?", _text(_CHANCE.randint(25, 110)) + "."] for _ in range(number)]
    few = max(1, number // 100)
    injected = [list(row) for row in rows[:few]]
    for asked, answer in rows[few : 2 * few]:
        injected.append([asked + " please", answer.replace(" ", " very ", 1)])
    for at in range(few):
        injected += [[f"Is {rows[at][0]}", "Yes."], [f"Is {rows[at][0]}", "No."]]
    turns = [
        [("system", "You answer briefly."), ("user", asked), ("assistant", answer)] for asked, answer in rows + injected
    ]
    lines = [json.dumps({"messages": [{"role": r, "content": c} for r, c in turn]}).encode() for turn in turns]
    plain = [example for line in lines if isinstance(example := read_plain(line, Format.CHAT), PlainChat)]
    return plain, {"duplicate_example": few, "near_duplicate": few, "contradiction": few}


def _line(asked: str, answer: str) -> bytes:
    turns = (("system", "You answer briefly."), ("user", asked), ("assistant", answer))
    return json.dumps({"messages": [{"role": role, "content": content} for role, content in turns]}).encode()


def checks(talks: list[Talk]) -> dict[str, Callable[[], Any]]:
    """Return each check over all rows, by name."""
    findings = Findings()
    answers = [talk.answer for talk in talks]
    batches = [talks[start : start + _TOGETHER] for start in range(0, len(talks), _TOGETHER)]
    texts = [Texts(_LINES, batch) for batch in batches]

    def near() -> None:
        shingles = Shingles()
        for talk in talks:
            shingles.take(talk)
        shingles.batches()

    return {
        "texts side by side": lambda: [Texts(_LINES, batch) for batch in batches],
        "keys and other facts": lambda: [add_facts(batch, Rows(), KeySets()) for batch in texts],
        "secrets": lambda: [check_secrets(batch, findings) for batch in texts],
        "personal data": lambda: [check_personal(batch, findings) for batch in texts],
        "wrong encodings": lambda: [check_mojibake(batch, findings) for batch in texts],
        "promises": lambda: [check_promises(batch, findings) for batch in texts],
        "circles": lambda: [check_circles(batch, findings) for batch in texts],
        "endings": lambda: [ending_of(answer) for answer in answers],
        "refusals": lambda: [refusing([talk.answer for talk in batch]) for batch in batches],
        "forms": lambda: [shape_of(answer) for answer in answers],
        "languages": lambda: [languages_of([talk.answer for talk in batch]) for batch in batches],
        "languages asked for": lambda: [asks_language(talk, 1) for talk in talks],
        "names and numbers": lambda: [grounding_of(talk, 100_000 + at) for at, talk in enumerate(talks)],
        "near-duplicates, samples": near,
    }


def sketched(plain: list[PlainChat]) -> tuple[Sketch, Findings]:
    """Return the sketch of all rows."""
    findings, sketch = Findings(), Sketch()
    sketch.take(((line, example, Format.CHAT) for line, example in enumerate(plain, 1)), findings)
    return sketch, findings


def spent(work: Callable[[], Any]) -> float:
    """Return the least CPU seconds of a few rounds: wall time would measure the neighbours."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        rounds.append(time.process_time() - start)
    return min(rounds)


def memory_a_row(number: int) -> float:
    """Return the bytes that a sketch of so many rows takes for each, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.quality", "--memory", str(number)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _print_memory(number: int) -> None:
    plain, _ = examples(2_000)
    findings, sketch = Findings(), Sketch()
    sketched(plain)[0].conclude(Findings())
    before = _resident()
    taken = ((line, plain[line % len(plain)], Format.CHAT) for line in range(1, number + 1))
    sketch.take(taken, findings)
    print((_resident() - before) / number)


def _resident() -> int:
    """Return the bytes of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()


def main() -> int:
    """Print the table; exit with 1 when the checks cost too much or find too little."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--memory", type=int)
    given = parser.parse_args()
    if given.memory:
        _print_memory(given.memory)
        return 0
    plain, injected = examples(given.rows)
    encode = load("o200k_base").encode_ordinary
    tokenizing = spent(lambda: [encode(turn.content) for example in plain for turn in example.messages])
    talks = [talk for example in plain if (talk := see(example, Format.CHAT))]
    for name, check in checks(talks).items():
        print(f"{name:34} {spent(check) / len(plain) * 1e6:7.1f} s of CPU a million rows")
    taking = spent(lambda: sketched(plain))
    sketch, findings = sketched(plain)
    concluding = spent(lambda: sketch.conclude(Findings()))
    print(f"{'all, example by example':34} {taking / len(plain) * 1e6:7.1f}")
    print(f"{'conclusion':34} {concluding / len(plain) * 1e6:7.1f}")
    print(f"{'counting their tokens, bare':34} {tokenizing / len(plain) * 1e6:7.1f}")
    sketch.conclude(findings)
    return _judged((taking + concluding) / tokenizing, memory_a_row(max(50_000, given.rows)), findings, injected)


def _judged(ratio: float, memory: float, findings: Findings, injected: dict[str, int]) -> int:
    missed = ratio > MOST_OF_TOKENIZING or memory > MOST_BYTES_A_ROW
    print(f"of tokenizing {ratio:.2f}, at most {MOST_OF_TOKENIZING}")
    print(f"memory {memory:,.0f} bytes a row, at most {MOST_BYTES_A_ROW:,}")
    for code, number in injected.items():
        print(f"{code:34} {findings.by_code[code]:7,} found of {number:,} injected")
        missed |= not 0.99 * number <= findings.by_code[code] <= 1.01 * number + 1
    print(f"aims {'missed' if missed else 'met'}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
