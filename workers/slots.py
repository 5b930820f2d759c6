"""Share out a worker's slots, so that steps that may take an hour leave room for those that take a moment."""

from dataclasses import dataclass, field

_MOST_WAITING = 1000


@dataclass
class LongSlots:
    """The slots that long steps may hold, and the rows that came while none was free."""

    most: int
    held: int = 0
    #: A row's kind is known once it is claimed: what could not be claimed may be long, or gone.
    waiting: dict[int, None] = field(default_factory=dict)

    def is_free(self) -> bool:
        """Say whether `take` would succeed."""
        return self.held < self.most

    def take(self) -> bool:
        """Hold a slot, if one is free."""
        free = self.is_free()
        self.held += free
        return free

    def wait(self, item_id: int) -> None:
        """Remember a row until a slot is free; what is too much, the sweeper finds again."""
        if len(self.waiting) < _MOST_WAITING:
            self.waiting[item_id] = None

    def give_back(self) -> int | None:
        """Free a slot; return the row that has waited longest for one."""
        self.held -= 1
        if (first := next(iter(self.waiting), None)) is not None:
            del self.waiting[first]
        return first
