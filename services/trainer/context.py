"""What the application and each request carry, under typed keys, and reading of a request's numbers."""

import asyncio
from dataclasses import dataclass, field

from aiohttp import web

from services.trainer.config import TrainerConfig
from services.trainer.faults import Fault, FaultBook
from services.trainer.running import Runner
from services.trainer.shelf import Shelf
from services.trainer.state.store import Store
from shared.wire.errors import ApiError

CONFIG = web.AppKey("config", TrainerConfig)
STORE = web.AppKey("store", Store)
RUNNER = web.AppKey("runner", Runner)
FAULTS = web.AppKey("faults", FaultBook)
SHELF = web.AppKey("shelf", Shelf)
#: Effects that will land after their request was answered.
LATE = web.AppKey("late", set[asyncio.Task[web.StreamResponse]])


@dataclass(slots=True)
class Gate:
    """Where a handler waits between reading its request and acting on it."""

    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)


#: The faults that a request met, by name; where it waits; and the id that its answer carries.
MET = web.RequestKey("met", dict[str, Fault])
GATE = web.RequestKey("gate", Gate)
REQUEST_ID = web.RequestKey("request_id", str)


async def act(request: web.Request) -> None:
    """Stand between reading and acting: returns at once, unless a fault makes this request act late."""
    gate = request.get(GATE)
    if gate is not None:
        gate.arrived.set()
        await gate.opened.wait()


def faults_met(request: web.Request) -> dict[str, Fault]:
    """Return the faults of this request, by name."""
    return request[MET] if MET in request else {}  # noqa: SIM401 (get() loses the type of the key)


def whole_number(request: web.Request, name: str, default: int, most: int) -> int:
    """Return a query parameter of 1 to `most`; raises ApiError 400."""
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:20]) <= most:
        raise ApiError(f'{name}: must be a whole number from 1 to {most}; found "{text}".', param=name)
    return int(text)
