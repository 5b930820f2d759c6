"""A part of the service: how it is started, when it is ready, how it is stopped"""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from services.cli.up.birth import BirthOptions, birth_options

#: Asked before the only run of a part that runs once: is there nothing for it to do?
Needless = Callable[[], Awaitable[bool]]

#: Asked with a pid: is that process ready?
Look = Callable[[int], Awaitable[bool]]


async def at_once(_pid: int) -> bool:
    """Ready as soon as it runs: nobody calls it."""
    return True


@dataclass(frozen=True)
class Part:
    """One child process of the supervisor, or one in a row of equal ones."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    #: Names of the parts that are ready before this one starts, and end after it.
    after: tuple[str, ...] = ()
    birth: BirthOptions = field(default_factory=birth_options)
    #: Asked again and again until it says yes.
    is_ready: Look = at_once
    #: It runs to its end, once, and is ready when it ended with 0: the migrations.
    once: bool = False
    #: When it says yes, a part that runs once is ready without having run.
    is_needless: Needless | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    #: Lines with one of these in them are not worth a reader's time.
    mute: tuple[str, ...] = ()
    #: For a stop that does not wait. PostgreSQL has a better one than SIGKILL.
    kill_signal: signal.Signals = signal.SIGKILL
    #: Seconds between the stop signal and the kill signal. A worker takes ten to hand back what it runs.
    grace: float = 15.0


class Ready(NamedTuple):
    """What is told once all parts are ready."""

    address: str
    api_key: str
    trainer: str
    data_dir: str
    #: From the command to now.
    seconds: float
