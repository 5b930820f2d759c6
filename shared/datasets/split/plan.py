"""Split a dataset in two by a keyed hash of what each example asks: the same question always falls on the same side."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, BinaryIO

import numpy as np

from shared.datasets.split.index import Index, index_of
from shared.datasets.split.lines import example_lines
from shared.errors import Refused

TRAIN_AT_LEAST = 10  #: Fewer cannot be trained on (OpenAI, supervised fine-tuning guide).
TEST_AT_LEAST = 1
#: Of a system prompt with so many questions, at least one is tested.
_STRATUM = 10


class Side(StrEnum):
    """The two files of a split."""

    TRAIN = "train"
    TEST = "test"


class CannotSplit(Refused):
    """The file cannot be split as asked."""


@dataclass(frozen=True)
class Plan:
    """Which examples are tested, in the order of the file."""

    tested: "np.ndarray[Any, np.dtype[np.bool_]]"
    groups: int  #: Questions that differ.
    systems: int  #: System prompts that differ; none counts as one.

    @property
    def train(self) -> int:
        return len(self.tested) - self.test

    @property
    def test(self) -> int:
        return int(self.tested.sum())

    def lines(self, stream: BinaryIO | Iterable[bytes], side: Side) -> Iterator[bytes]:
        """Yield the lines of one side from another pass over the same file, byte for byte as they stand."""
        wanted, seen = side is Side.TEST, 0
        for seen, (_, line) in enumerate(example_lines(stream), start=1):
            if seen > len(self.tested) or line is None:
                break
            if self.tested[seen - 1] == wanted:
                yield line + b"\n"
        if seen != len(self.tested):
            raise CannotSplit("The file changed while it was being split. Split it again.")


def check_asked(fraction: float | None, count: int | None) -> None:
    """Raise CannotSplit unless exactly one of the two is given, and can be."""
    if (fraction is None) is (count is None):
        raise CannotSplit("Say how much is to be tested: a fraction, such as 0.2, or a number of examples; not both.")
    if fraction is not None and not 0 < fraction < 1:
        raise CannotSplit(
            f"A fraction lies between 0 and 1; it is {fraction:g}. For a fifth, say 0.2.", param="test_fraction"
        )
    if count is not None and count < TEST_AT_LEAST:
        said = f"At least {TEST_AT_LEAST} example is tested; {count} were asked for."
        raise CannotSplit(said, param="test_count")


def check_size(examples: int, count: int | None) -> None:
    """Raise CannotSplit when so many examples cannot keep both minimums."""
    wanted = max(count or 0, TEST_AT_LEAST)
    if examples < TRAIN_AT_LEAST + wanted:
        found = f"{examples:,} example{'s' * (examples != 1)}"
        raise CannotSplit(
            f"The file has {found}; {TRAIN_AT_LEAST} must stay to train on, beside {wanted:,} to test. Write more, or "
            "test fewer."
        )


def plan(
    stream: BinaryIO | Iterable[bytes],
    *,
    fraction: float | None = None,
    count: int | None = None,
    seed: int = 0,
    near: bool = True,
) -> Plan:
    """Return who is tested. It depends on seed and question alone, but for the minimums:

    by a fraction, a question is tested when its hash lies below it; by a number, the questions with the lowest hashes
    are, from each system prompt in proportion. At least 10 examples stay, at least 1 is tested, and of each system
    prompt with 10 questions at least 1. Examples that are `near` each other, nearly the same, count as one question.
    Raises CannotSplit. 32 bytes of memory an example, and up to a kilobyte where near ones are looked for.
    """
    check_asked(fraction, count)
    index = index_of(stream, seed, near=near)
    check_size(index.examples, count)
    chosen = _below(index, fraction) if fraction is not None else _lowest(index, count or TEST_AT_LEAST)
    chosen = _keep_minimums(index, chosen)
    return Plan(chosen[index.group], len(index.hashes), index.strata)


def _below(index: Index, fraction: float) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    chosen: np.ndarray[Any, np.dtype[np.bool_]] = index.hashes < np.uint64(min(int(fraction * 2**64), 2**64 - 1))
    for groups in index.by_stratum():
        if len(groups) >= _STRATUM and not chosen[groups].any():
            chosen[groups[0]] = True
    return chosen


def _lowest(index: Index, count: int) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Choose about `count` examples: each system prompt's share, what rounding leaves to the lowest hashes of all."""
    chosen = np.zeros(len(index.hashes), dtype=np.bool_)
    for groups in index.by_stratum():
        _take(index, groups, int(count * int(index.sizes[groups].sum()) // index.examples), chosen)
    rest = count - int(index.sizes[chosen].sum())
    _take(index, np.argsort(index.hashes, kind="stable"), rest, chosen)
    return chosen


def _take(
    index: Index, groups: "np.ndarray[Any, np.dtype[np.int64]]", room: int, chosen: "np.ndarray[Any, Any]"
) -> None:
    for group in groups:
        if room <= 0:
            return
        if not chosen[group] and index.sizes[group] <= room:
            chosen[group] = True
            room -= int(index.sizes[group])


def _keep_minimums(
    index: Index, chosen: "np.ndarray[Any, np.dtype[np.bool_]]"
) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    order = np.argsort(index.hashes, kind="stable")
    tested = int(index.sizes[chosen].sum())
    if not tested:
        # The lowest hash whose leaving keeps enough to train on.
        first = next((one for one in order if index.examples - index.sizes[one] >= TRAIN_AT_LEAST), None)
        if first is None:
            raise _too_alike(index)
        chosen[first] = True
        return chosen
    for group in order[::-1]:
        if index.examples - tested >= TRAIN_AT_LEAST:
            break
        if chosen[group] and tested > index.sizes[group]:
            chosen[group] = False
            tested -= int(index.sizes[group])
    if index.examples - tested < TRAIN_AT_LEAST:
        raise _too_alike(index)
    return chosen


def _too_alike(index: Index) -> CannotSplit:
    number = len(index.hashes)
    questions = "1 question" if number == 1 else f"{number:,} different questions"
    return CannotSplit(
        f"The file asks {questions}, and the same question stays on one side: "
        f"no part of it leaves {TRAIN_AT_LEAST} examples to train on. Write more questions."
    )
