"""Spoil the files of the corpus without end, and hold what every check promises against them: python -m tests.fuzz"""

import argparse
import copy
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from shared.catalogue import BaseModel, all_bases
from shared.datasets.checks import CODES
from shared.datasets.formats import Format
from shared.datasets.policy import Severity
from shared.datasets.reading import UnpackLimits
from shared.datasets.report import Report, check
from tests.corpus import cases

#: Bytes that have meaning to some reader: of JSON, of UTF-8, of packed files, of terminals.
_TOKENS = [
    b"\n", b"\r", b"\r\n", b"\x00", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xc3",
    b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\x1b[2J", b"{", b"}", b"[", b"]", b'"', b"\\", b"\\u0000", b"\\ud800",
    b":", b",", b"//", b"NaN", b"1e999", b"9" * 30, b"-0", b"null", b"true", b'"messages"', b'"role"',
    b'"content"', b'"weight"', b"[" * 2_000, b"<|endoftext|>", b" " * 300, b'"a":', b"data:image/png;base64,",
]  # fmt: skip
_VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 1.5, 10**20, "", "x", "assistant", "user", "tool", "text", "image_url",
    "\ud800", "\x00", "{}", '"{}"', "data:image/png;base64,iVBORw0KGgo=", [], {}, [None], [[]], {"": ""},
    {"type": "text"}, {"role": "user"},
]  # fmt: skip
_KEYS = [
    "messages", "role", "content", "weight", "name", "tool_calls", "tool_call_id", "function", "arguments",
    "id", "type", "text", "image_url", "url", "tools", "functions", "prompt", "completion", "input",
    "preferred_output", "refusal", "non_preferred_output", "parameters", "properties", "enum", "description",
    "strict", "parallel_tool_calls", "detail",
]  # fmt: skip
_LIMITS = UnpackLimits(bytes=4 * 1024 * 1024)
#: Far above what a loaded machine needs for a file of this size: beyond it something grows that should not.
_MOST_SECONDS = 5.0


@dataclass(frozen=True)
class Spoilt:
    """One file to check, and how."""

    data: bytes
    model: BaseModel | None
    kind: Format | None
    validation: bool

    def check(self) -> Report:
        return check(
            [self.data],
            model=self.model,
            format=self.kind,
            for_validation=self.validation,
            quality=True,
            limits=_LIMITS,
            max_line=256 * 1024,
        )


class Fuzzer:
    """The same seed spoils in the same ways."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)  # noqa: S311 (no secret)
        self._seeds = [case.path.read_bytes() for case in cases()]

    def __iter__(self) -> Iterator[Spoilt]:
        while True:
            data = self._chance.choice(self._seeds)
            for _ in range(self._chance.randint(1, 4)):
                data = self._spoil(data)
            yield Spoilt(
                data,
                model=self._chance.choice([None, *all_bases()]),
                kind=self._chance.choice([None, None, None, *Format]),
                validation=self._chance.random() < 0.2,
            )

    def _spoil(self, data: bytes) -> bytes:
        return self._chance.choice([self._bytes, self._slices, self._lines, self._tree, self._tree, self._splice])(data)

    def _bytes(self, data: bytes) -> bytes:
        changed = bytearray(data)
        for _ in range(self._chance.randint(1, 8)):
            at = self._chance.randint(0, len(changed))
            match self._chance.randrange(3):
                case 0:
                    changed[at:at] = self._chance.choice(_TOKENS)
                case 1:
                    changed[at : at + 1] = bytes([self._chance.randrange(256)])
                case _:
                    del changed[at : at + self._chance.randint(1, 20)]
        return bytes(changed)

    def _slices(self, data: bytes) -> bytes:
        start, end = sorted(self._chance.randint(0, len(data)) for _ in range(2))
        return self._chance.choice([data[:start], data[end:], data[start:end], data[:end] + data[start:]])

    def _lines(self, data: bytes) -> bytes:
        lines = data.split(b"\n")
        self._chance.shuffle(lines)
        end = self._chance.choice([b"\n", b"\r\n", b"\r", b"\n\n", b"\n \t\n", b""])
        return end.join(lines * self._chance.randint(1, 3))[:200_000]

    def _splice(self, data: bytes) -> bytes:
        other = self._chance.choice(self._seeds)
        return data[: self._chance.randint(0, len(data))] + other[self._chance.randint(0, len(other)) :]

    def _tree(self, data: bytes) -> bytes:
        lines = data.split(b"\n")
        at = self._chance.randrange(len(lines))
        try:
            value = json.loads(lines[at])
        except (ValueError, RecursionError):
            return self._bytes(data)
        for _ in range(self._chance.randint(1, 3)):
            spoil(value, self._chance)
        lines[at] = json.dumps(value, ensure_ascii=self._chance.random() < 0.5).encode("utf-8", "surrogatepass")
        return b"\n".join(lines)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place inside a JSON value, as its holder and the key or index there."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, one in inside for place in [(value, key), *places(one)]]


def spoil(value: Any, chance: Random) -> None:
    """Take away, add or change one thing inside a JSON value."""
    if not (found := places(value)):
        return
    holder, key = chance.choice(found)
    odd = copy.deepcopy(chance.choice(_VALUES))
    match chance.randrange(5):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[chance.choice(_KEYS)] = odd
        case 1:
            holder.append(odd)
        case 2 if isinstance(holder, dict):
            holder[chance.choice(_KEYS)] = holder.pop(key)
        case 3:
            holder[key] = copy.deepcopy(chance.choice(found)[0])
        case _:
            holder[key] = odd


def hold(spoilt: Spoilt) -> Report:
    """Check the file, and assert what holds of every report."""
    begun = time.perf_counter()
    report = spoilt.check()
    took = time.perf_counter() - begun
    assert took < _MOST_SECONDS, f"the check took {took:.1f} s"
    json.dumps(report.as_dict(), ensure_ascii=False, allow_nan=False).encode("utf-8")
    assert report.bytes == len(spoilt.data)
    for found in report.findings:
        assert found.code in CODES
        assert found.line is None or found.line >= 1
        assert (found.message + (found.path or "")).isprintable(), "what would steer a terminal is escaped"
        assert len(found.message) < 1_000
    total = sum(report.findings_total.values())
    assert total <= sum(report.findings_by_code.values())
    assert report.valid == (not any(found.severity is Severity.ERROR for found in report.findings))
    assert report.assistant_tokens <= report.total_tokens
    return report


def run(seed: int, *, seconds: float) -> int:
    """Spoil and check for a while; write what broke a promise to standard output, so that it can be tried again."""
    end, number, seen = time.monotonic() + seconds, 0, set[str]()
    for number, spoilt in enumerate(Fuzzer(seed), 1):
        try:
            seen |= hold(spoilt).findings_by_code.keys()
        except BaseException as exc:  # a tokenizer may panic with what is no Exception
            print(f"seed {seed}, file {number}: {exc!r}\n{spoilt!r}")
            raise
        if time.monotonic() > end:
            break
    print(f"seed {seed}: {number:,} files, {len(seen)} of {len(CODES)} codes seen, every promise held")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    sys.exit(run(asked.seed, seconds=asked.seconds))
