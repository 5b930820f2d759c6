"""Hear of new events the instant they are committed: LISTEN on a connection of its own, made anew when it is lost."""

import asyncio

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import clock, log
from shared.events.record import CHANNEL

_log = log.get(__name__)
#: A connection that died without a word is found out by this; polling goes on meanwhile.
_LOOK_SECONDS = 30.0
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0


class Doorbell:
    """Rings for each notice of the database, and whenever somebody else has a reason to look for work."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        #: One of the two is set: whether notices are heard.
        self.heard = asyncio.Event()
        self.lost = asyncio.Event()

    def ring(self) -> None:
        """Let the next wait end at once."""
        self._rung.set()

    def silence(self) -> None:
        """Forget earlier rings; done before looking for work, so that what rings during the look is not missed."""
        self._rung.clear()

    async def wait(self, seconds: float) -> None:
        """Return at the next ring, or after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return

    async def listen(self, engine: AsyncEngine) -> None:
        """Listen until cancelled; a lost connection is made again, with a growing wait, and then rings by itself."""
        tries = 0
        while True:
            try:
                await self._listen_once(engine)
                tries = 0
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as exc:
                tries += 1
                _log.warning("doorbell.lost", error=f"{type(exc).__name__}: {exc}", tries=tries)
            await asyncio.sleep(clock.backoff(tries + 1, _FIRST_WAIT, _LONGEST_WAIT))

    async def _listen_once(self, engine: AsyncEngine) -> None:
        _, options = engine.dialect.create_connect_args(engine.url)
        connection = await asyncpg.connect(**options, timeout=5, command_timeout=5)
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _connection: ended.set())
        try:
            await connection.add_listener(CHANNEL, lambda *_notice: self.ring())
            self.heard.set()
            self.lost.clear()
            # Whatever was said while nobody listened is looked for now.
            self.ring()
            while not ended.is_set():
                await _happens_within(_LOOK_SECONDS, ended)
                if not ended.is_set():
                    await connection.execute("SELECT 1")
        finally:
            self.heard.clear()
            self.lost.set()
            connection.terminate()


async def _happens_within(seconds: float, event: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
