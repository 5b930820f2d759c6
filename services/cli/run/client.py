"""Speak to the service: reads are repeated, writes carry a key that makes a repetition harmless"""

import asyncio
import io
import os
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import aiohttp

from services.cli.run.connection import Connection, is_local
from services.cli.run.errors import Exit, RunError

#: Seconds of trouble that are borne: little at the first contact, and a restart of the service once it has answered.
_PATIENCE_AT_FIRST, _PATIENCE = 1.5, 60.0
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
_RETRYABLE = frozenset({429, 500, 502, 503, 504})
#: An answer may take long, but each piece of it comes within this time.
_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=10, sock_read=60)

Json = dict[str, Any]
Body = Callable[[], Any]


class Client:
    """The paths below the service's `/v1`, as JSON. Every method raises RunError with what to do."""

    def __init__(self, session: aiohttp.ClientSession, connection: Connection) -> None:
        self._session = session
        self._connection = connection
        self._patience = _PATIENCE_AT_FIRST

    async def get(self, path: str, **params: str | int) -> Json:
        """Read; repeated until it answers or patience ends."""
        return await self._ask("GET", path, lambda: {"params": params})

    async def post(self, path: str, body: Json) -> Json:
        """Write once, however often it has to be sent."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        return await self._ask("POST", path, lambda: {"json": body, "headers": headers})

    async def delete(self, path: str) -> Json:
        """Delete; a repetition that finds nothing any more is told as such."""
        return await self._ask("DELETE", path, dict)

    async def put(self, path: str, body: Json) -> Json:
        """Put a whole thing in place of what is there: done twice it is done once."""
        return await self._ask("PUT", path, lambda: {"json": body})

    async def upload(self, path: Path, on_progress: Callable[[int], None], **fields: str) -> Json:
        """Send a dataset, streamed from disk; `on_progress` gets the bytes sent so far, from another thread."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}

        def form() -> Any:
            # A name in percent signs would be kept as one: browsers and the SDK send names as they are.
            data = aiohttp.FormData(quote_fields=False)
            for name, value in {"purpose": "fine-tune", **fields}.items():
                data.add_field(name, value)
            data.add_field(
                "file", _Counted(path, on_progress), filename=_sendable(path.name), content_type="application/jsonl"
            )
            return {"data": data, "headers": headers}

        return await self._ask("POST", "/files", form)

    async def events(self, job_id: str, seen: set[str]) -> list[Json]:
        """Return the job's events that are not in `seen`, oldest first, and add them to it.

        Pages are read, newest first, until one holds nothing new: an event that was committed late is found too.
        """
        new: list[Json] = []
        after: dict[str, str] = {}
        while True:
            found = await self.get(f"/fine_tuning/jobs/{job_id}/events", limit=200, **after)
            unseen = [event for event in found["data"] if event["id"] not in seen]
            new += unseen
            seen.update(event["id"] for event in unseen)
            if not unseen or not found.get("has_more"):
                return new[::-1]
            after = {"after": found["data"][-1]["id"]}

    async def _ask(self, method: str, path: str, request: Body) -> Json:
        until, wait = time.monotonic() + self._patience, _FIRST_WAIT
        while True:
            try:
                async with self._session.request(method, self._connection.url + path, **request()) as response:
                    wait = max(wait, _asked_wait(response))
                    if not _may_pass(response) or _beyond(until, wait):
                        answer = await _read(response, self._connection.url)
                        self._patience = _PATIENCE
                        return answer
            except (aiohttp.ClientError, TimeoutError) as exc:
                if _beyond(until, wait):
                    self._unreachable(exc)
            await asyncio.sleep(min(wait, _LONGEST_WAIT) * random.uniform(0.8, 1.2))  # noqa: S311 (jitter)
            wait *= 2

    def _unreachable(self, exc: Exception) -> NoReturn:
        start = "start the service with `tuneyard up`, or name" if is_local(self._connection.url) else "name"
        raise RunError(
            f"{self._connection.url} (from {self._connection.url_from}) cannot be reached: {reason(exc)}.",
            Exit.UNREACHABLE,
            hint=f"{start} another address with --base-url or TUNEYARD_BASE_URL",
            code="unreachable",
        ) from exc


@asynccontextmanager
async def open_client(connection: Connection) -> AsyncIterator[Client]:
    """Yield a client; its connections close with it."""
    headers = {"Authorization": f"Bearer {connection.key}", "User-Agent": "tuneyard-run"}
    async with aiohttp.ClientSession(headers=headers, timeout=_TIMEOUT) as session:
        yield Client(session, connection)


def reason(exc: Exception) -> str:
    """Return why an address cannot be reached, in words for people."""
    if isinstance(exc, TimeoutError):
        return "it did not answer in time"
    if isinstance(exc, aiohttp.ClientConnectorDNSError):
        # Its number is of the resolver's own kind, which strerror does not know.
        return f'the name "{exc.host}" was not found ({(exc.os_error.strerror or str(exc.os_error)).lower()})'
    if isinstance(exc, aiohttp.ClientConnectorError) and exc.os_error.errno:
        return os.strerror(exc.os_error.errno).lower()
    return str(exc) or type(exc).__name__


def _sendable(name: str) -> str:
    """Return a file's name without what a header cannot hold, and without a backslash, which begins a name anew."""
    return "".join(each if each.isprintable() and each != "\\" else "_" for each in name)


class _Counted(io.BufferedReader):
    """A file that tells how far it was read."""

    def __init__(self, path: Path, on_progress: Callable[[int], None]) -> None:
        super().__init__(io.FileIO(path))
        self._on_progress = on_progress

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self._on_progress(self.tell())
        return piece


def _beyond(until: float, wait: float) -> bool:
    """Return whether the next try would come too late: nobody shall wait for what is already decided."""
    return time.monotonic() + min(wait, _LONGEST_WAIT) > until


def _may_pass(response: aiohttp.ClientResponse) -> bool:
    return response.status in _RETRYABLE or response.headers.get("x-should-retry") == "true"


def _asked_wait(response: aiohttp.ClientResponse) -> float:
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isdecimal() else 0.0


async def _read(response: aiohttp.ClientResponse, url: str) -> Json:
    try:
        body = await response.json(content_type=None)
    except ValueError:
        body = None
    if response.status < 400 and isinstance(body, dict):
        return body
    raise _refused(response, body if isinstance(body, dict) else {}, url)


def _refused(response: aiohttp.ClientResponse, body: Json, url: str) -> RunError:
    error = body.get("error")
    error = error if isinstance(error, dict) else {}
    said = error.get("message") or f"{response.method} {response.url.path} was answered with HTTP {response.status}."
    request_id = error.get("request_id") or response.headers.get("x-request-id")
    exit_code = Exit.UNREACHABLE if response.status in _RETRYABLE else Exit.USAGE
    hint = _HINTS.get(response.status, "")
    if response.status == 404 and not url.endswith("/v1") and (not error or said.startswith(_NO_SUCH_PATH)):
        hint = f"did you mean {url}/v1?"
    return RunError(said, exit_code, hint=hint, code=error.get("code"), request_id=request_id)


#: How the service, and OpenAI's, begins its answer to a path that it does not have.
_NO_SUCH_PATH = "Unknown request URL"
_HINTS = {
    401: "set TUNEYARD_API_KEY to a key of this service; `tuneyard up` prints its first one",
    429: "the limit of this key is reached; try again in a minute",
}
