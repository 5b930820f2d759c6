"""The processes that a crew lends to one pass: who gets which block, and their answers in the file's order"""

from collections import deque
from collections.abc import Callable
from multiprocessing.connection import wait
from types import TracebackType
from typing import Self

from shared.datasets.formats import Format
from shared.datasets.reading import Block
from shared.datasets.scan.crew import Crew
from shared.datasets.scan.hand import Hand
from shared.datasets.scan.plan import Plan
from shared.datasets.scan.tally import Tally
from shared.datasets.scan.work import SLOT_BYTES

#: How many answers may wait for one that takes long. They are small, but there is no end of them.
_MOST_AHEAD = 64
_PULSE_SECONDS = 0.5
Done = tuple[int, int]


class Team:
    """Without a crew there is nobody, and `settle` is told every answer."""

    def __init__(
        self,
        crew: Crew | None,
        plan: Plan,
        add: Callable[[Tally, Done], None],
        pulse: Callable[[], None] | None = None,
    ) -> None:
        self.has_others = crew is not None
        self._crew = crew
        self._plan = plan
        self._add = add
        self._pulse = pulse or (lambda: None)
        self._hands: dict[Hand, deque[int]] = {}
        self._done: deque[Done] = deque()
        self._answers: dict[int, Tally] = {}
        self._given = 0
        self._added = 0

    def give(self, block: Block, kind: Format | None, *, opening: bool, done: Done) -> bool:
        """Have a block looked at as soon as somebody can; False when nobody is there yet, and it can be done here.

        `done` is how far the pass will be, in bytes and lines, once its answer is added.
        """
        assert self._crew is not None
        while True:
            self._gather(self._crew)
            self._hear(wait_=False)
            if (hand := self._free_hand(self._crew)) is not None:
                break
            if not any(hand.is_ready for hand in self._hands) and len(block.data or b"") <= SLOT_BYTES:
                return False
            self._hear()
        self._hands[hand].append(self._next(done))
        self._take(hand, hand.give(block, kind, self._plan, opening=opening))
        return True

    def settle(self, tally: Tally, done: Done) -> None:
        """Take the answer for a block that nobody else looked at."""
        self._answers[self._next(done)] = tally
        self._add_up()

    def finish(self) -> None:
        """Wait for every answer."""
        while self._added < self._given:
            self._hear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hand in self._hands:
            assert self._crew is not None
            self._crew.give_back(hand)
        self._hands.clear()

    def _next(self, done: Done) -> int:
        self._done.append(done)
        self._given += 1
        return self._given - 1

    def _gather(self, crew: Crew) -> None:
        """Have as many processes as there are, but leave some to a check that has none."""
        if not self._hands:
            while (first := crew.borrow(wait=_PULSE_SECONDS)) is None:
                self._pulse()
            self._hands[first] = deque()
        while not crew.is_wanted and len(self._hands) < crew.size:
            if (more := crew.borrow()) is None:
                return
            self._hands[more] = deque()
        if (spare := self._spare(crew)) is not None and spare.is_idle:
            del self._hands[spare]
            crew.give_back(spare)

    def _spare(self, crew: Crew) -> Hand | None:
        return next(reversed(self._hands)) if crew.is_wanted and len(self._hands) > 1 else None

    def _free_hand(self, crew: Crew) -> Hand | None:
        if self._given - self._added > _MOST_AHEAD:
            return None
        spare = self._spare(crew)
        able = [hand for hand in self._hands if hand.can_take and hand is not spare]
        return min(able, key=lambda hand: len(self._hands[hand]), default=None)

    def _hear(self, *, wait_: bool = True) -> None:
        """Take what the processes say; wait for it, or not."""
        ends = {hand.connection: hand for hand in self._hands}
        while not (said := wait(list(ends), _PULSE_SECONDS if wait_ else 0)) and wait_:
            self._pulse()
        for end in said:
            hand = ends[end]  # type: ignore[index]
            self._take(hand, hand.hear())

    def _take(self, hand: Hand, answers: list[Tally]) -> None:
        for answer in answers:
            self._answers[self._hands[hand].popleft()] = answer
        self._add_up()

    def _add_up(self) -> None:
        while (answer := self._answers.pop(self._added, None)) is not None:
            self._added += 1
            self._add(answer, self._done.popleft())
