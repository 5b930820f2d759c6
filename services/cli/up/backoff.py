"""How long a part that died waits before it starts again"""

from dataclasses import dataclass

#: Seconds. The first is over before a person has read the line; the last hardly delays the life that succeeds.
FIRST, MOST = 0.2, 10.0

#: A part that lived this long, in seconds, was well: its next death counts as the first.
WELL_AFTER = 30.0


@dataclass
class Backoff:
    """Doubles from FIRST to MOST, and starts over after a life of WELL_AFTER."""

    following: float = FIRST

    def wait_after(self, lived: float) -> float:
        """Seconds to wait after a life of `lived` seconds."""
        wait = FIRST if lived >= WELL_AFTER else self.following
        self.following = min(wait * 2, MOST)
        return wait
