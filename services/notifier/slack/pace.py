"""One message a second to each Slack channel, whichever endpoint of this process it comes from"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

#: Channels remembered; beyond that, those that nobody waits for are forgotten.
_MOST_CHANNELS = 10_000


@dataclass
class _Channel:
    free_at: float = 0.0
    waiting: int = 0
    #: First come, first served.
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Pace:
    """Gives out turns. A channel that Slack told to wait gets none until then."""

    def __init__(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._sleep = sleep
        self._channels: dict[str, _Channel] = {}

    async def turn(self, name: str, *, most: float) -> float:
        """Wait for the channel's next turn and take it. Returns 0, or how long it would be if that is above `most`."""
        channel = self._channel(name)
        wait = self._left(channel) + channel.waiting * self._seconds
        if wait > most:
            return wait
        channel.waiting += 1
        try:
            async with channel.turn:
                while (left := self._left(channel)) > 0:
                    if left > most:
                        return left
                    await self._sleep(left)
                channel.free_at = self._clock() + self._seconds
        finally:
            channel.waiting -= 1
        return 0

    def hold(self, name: str, seconds: float) -> None:
        """Let nothing go to the channel for so long."""
        channel = self._channel(name)
        channel.free_at = max(channel.free_at, self._clock() + seconds)

    def _left(self, channel: _Channel) -> float:
        return max(channel.free_at - self._clock(), 0.0)

    def _channel(self, name: str) -> _Channel:
        if name not in self._channels and len(self._channels) >= _MOST_CHANNELS:
            self._channels = {
                known: channel for known, channel in self._channels.items() if channel.waiting or self._left(channel)
            }
        return self._channels.setdefault(name, _Channel())
