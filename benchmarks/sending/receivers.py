"""A process that receives, on one port of every loopback address, and costs a tenth of what sending does"""

import asyncio
import multiprocessing
import time
import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, cast

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
_FAULT = b"HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\nno"
#: Of this many requests, one is kept whole, to be verified afterwards.
_KEPT = 50


class Arrival(NamedTuple):
    """One request: the monotonic time of its first byte, which is one for all processes of the machine."""

    at: float
    event_id: str
    host: str
    body_crc: int


@dataclass
class Log:
    """What arrived since the last reset, and how the receivers behave."""

    arrivals: list[Arrival] = field(default_factory=list)
    samples: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    #: Hosts that read and never answer, and hosts that answer 500.
    hanging: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)


class _Receiving(asyncio.Protocol):
    def __init__(self, log: Log) -> None:
        self._log = log
        self._buffer = b""
        self._first = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if not self._buffer:
            self._first = time.monotonic()
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].decode("latin-1")
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head.split("\r\n")[1:])}
            whole = end + 4 + int(headers.get("content-length", "0"))
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            self._received(headers, body)

    def _received(self, headers: dict[str, str], body: bytes) -> None:
        host = headers["host"].partition(":")[0]
        self._log.arrivals.append(Arrival(self._first, headers["webhook-id"], host, zlib.crc32(body)))
        if len(self._log.arrivals) % _KEPT == 1:
            self._log.samples.append((headers, body))
        if host not in self._log.hanging:
            self._transport.write(_FAULT if host in self._log.failing else _ANSWER)


class Receivers:
    """The process, seen from outside. Each number is a host of its own: 127.0.1.1, 127.0.1.2, …"""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        # With this end open here too, the death of the process would not be noticed.
        theirs.close()
        self.port: int = self._ours.recv()

    def url(self, number: int) -> str:
        return f"http://{self.host(number)}:{self.port}/hooks/tuning"

    @staticmethod
    def host(number: int) -> str:
        return f"127.0.{1 + number // 250}.{1 + number % 250}"

    def behave(self, *, hanging: Collection[int] = (), failing: Collection[int] = ()) -> None:
        """Forget what arrived, and let these hang or fail from now on."""
        self._ask("behave", ({self.host(n) for n in hanging}, {self.host(n) for n in failing}))

    def count(self) -> int:
        """Return how many requests arrived."""
        return int(self._ask("count"))

    def log(self) -> Log:
        """Return all that arrived."""
        return cast("Log", self._ask("log"))

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()

    def _ask(self, what: str, argument: Any = None) -> Any:
        self._ours.send((what, argument))
        return self._ours.recv()


def _serve(control: Connection) -> None:
    asyncio.run(_serve_until_stopped(control))


async def _serve_until_stopped(control: Connection) -> None:
    log, loop = Log(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Receiving(log), "0.0.0.0", 0, backlog=4096)  # noqa: S104 (all of 127/8)
    control.send(server.sockets[0].getsockname()[1])
    loop.add_reader(control.fileno(), _answer, control, log)
    await server.serve_forever()


def _answer(control: Connection, log: Log) -> None:
    try:
        what, argument = control.recv()
    except EOFError:
        asyncio.get_running_loop().stop()
        return
    match what:
        case "behave":
            log.hanging, log.failing = argument
            log.arrivals.clear()
            log.samples.clear()
            control.send(None)
        case "count":
            control.send(len(log.arrivals))
        case "log":
            control.send(log)
