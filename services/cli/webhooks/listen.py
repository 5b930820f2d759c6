"""`tuneyard webhooks listen`: see webhooks arrive on this machine, verified, and hand them on"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.asking import BaseUrl, refused
from services.cli.webhooks.view import in_ascii
from services.cli.webhooks.wishes import Events
from shared.terminal import harmless

if TYPE_CHECKING:
    from services.cli.run.client import Client
    from services.cli.webhooks.receiver import Arrival

FAILED = 1
USAGE = 2


def register(webhooks: typer.Typer) -> None:
    """Add the command."""
    webhooks.command("listen")(listen)


def listen(  # noqa: PLR0917 (typer calls it by name)
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    secret: Annotated[
        str | None, typer.Option(help="The whsec_ or whpk_ to verify with, or the environment variable that holds it.")
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Make an endpoint for as long as this runs.")] = False,  # noqa: FBT002
    event: Events = None,
    forward: Annotated[
        str | None, typer.Option(metavar="URL", help="Hand on to your program; its answer is ours.")
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each.")] = False,  # noqa: FBT002
    base_url: BaseUrl = None,
) -> None:
    """Take webhooks on this machine, show each and whether its signature holds.

    What does not verify is answered 401 and not handed on. Ends with Ctrl-C, or after --count: then with 1 if one did
    not verify.
    """
    from services.cli.run.errors import RunError  # noqa: PLC0415

    if create and secret is not None:
        raise typer.BadParameter("--secret: --create makes an endpoint, and verifies with the secret of that one.")
    if event and not create:
        raise typer.BadParameter("--event: goes with --create. What else arrives is chosen by its endpoint.")
    session = Listening(_key(secret), _receiver(forward), count, as_json=as_json)
    try:
        asyncio.run(session.run(host, port, event, base_url, create=create))
    except KeyboardInterrupt:
        return
    except RunError as error:
        refused(error, as_json=as_json)
        raise typer.Exit(error.exit_code) from error
    except OSError as exc:
        typer.echo(f"error: {host}:{port} cannot be listened on: {(exc.strerror or str(exc)).lower()}.", err=True)
        raise typer.Exit(USAGE) from exc
    if session.lost is not None:
        raise session.lost
    if session.unverified:
        raise typer.Exit(FAILED)


class Listening:
    """One run of the command."""

    def __init__(self, key: str | None, forward: str | None, count: int | None, *, as_json: bool) -> None:
        self._keys = [key] if key else []
        self._forward = forward
        self._left = count
        self._as_json = as_json
        self._enough = asyncio.Event()
        self.unverified = 0
        #: Why what arrives cannot be shown any more: its reader left, or the disk is full.
        self.lost: OSError | None = None

    async def run(self, host: str, port: int, events: list[str] | None, base_url: str | None, *, create: bool) -> None:
        """Listen until there were enough, or for ever."""
        from services.cli.webhooks.receiver import Receiver, receiving  # noqa: PLC0415

        receiver = Receiver(self._keys, self._told, self._forward)
        async with receiving(receiver, host, port) as url:
            if not create:
                self._say(f"Listening on {url}{'' if self._keys else ', verifying nothing: give --secret or --create'}")
                await self._enough.wait()
                return
            async with _temporary(url, events, base_url) as endpoint:
                receiver.keys = [endpoint["signing_secret"]]
                self._say(f"Listening on {url} as {endpoint['id']}, which is deleted at the end")
                await self._enough.wait()

    def _told(self, arrival: "Arrival") -> None:
        self.unverified += arrival.verified is False
        told = _as_json(arrival) if self._as_json else in_ascii(_for_people(arrival), sys.stdout.encoding)
        try:
            # Whoever reaches the port may have written it.
            typer.echo(harmless(told))
        except OSError as exc:
            self.lost = exc
            self._enough.set()
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self._enough.set()

    def _say(self, line: str) -> None:
        # Not among what arrives: that may be read by a program.
        typer.echo(line, err=True)


@asynccontextmanager
async def _temporary(url: str, events: list[str] | None, base_url: str | None) -> AsyncIterator[dict[str, Any]]:
    """Make an endpoint that leads here, and delete it at the end, however that comes."""
    from services.cli.run.client import open_client  # noqa: PLC0415
    from services.cli.run.connection import find_connection  # noqa: PLC0415
    from services.cli.run.errors import RunError  # noqa: PLC0415

    connection = find_connection(base_url, os.environ, Path.cwd())
    async with open_client(connection) as client:
        made = await _made(client, url, events)
        try:
            yield made
        finally:
            with suppress(RunError):
                await asyncio.shield(client.delete(f"/webhook_endpoints/{made['id']}"))


async def _made(client: "Client", url: str, events: list[str] | None) -> dict[str, Any]:
    types = events or (await client.get("/webhook_event_types"))["data"]
    body = {"name": "tuneyard webhooks listen", "url": url, "event_types": types, "metadata": {"temporary": "true"}}
    return await client.post("/webhook_endpoints", body)


def _key(variable: str | None) -> str | None:
    if variable is None:
        return None
    from shared.security.signatures import PREFIX, PUBLIC, decoded, secret_bytes  # noqa: PLC0415

    found = variable if variable.startswith((PREFIX, PUBLIC)) else os.environ.get(variable, "").strip()
    if not found.startswith((PREFIX, PUBLIC)):
        raise typer.BadParameter(
            f"--secret: is neither a key ({PREFIX}…, {PUBLIC}…) nor the name of an environment variable that holds one."
        )
    try:
        secret_bytes(found) if found.startswith(PREFIX) else decoded(found, PUBLIC)
    except ValueError as exc:
        raise typer.BadParameter(f"--secret: {exc}") from exc
    return found


def _receiver(forward: str | None) -> str | None:
    from yarl import URL  # noqa: PLC0415

    if forward is None:
        return None
    try:
        url = URL(forward)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise typer.BadParameter(f'--forward: "{forward}" is no URL such as http://127.0.0.1:3000/hook.')
    return forward


def _for_people(arrival: "Arrival") -> str:
    told = _decoded(arrival.body)
    kind = told.get("type", "not a webhook of ours") if isinstance(told, dict) else "not JSON"
    marks = {True: "verified", False: f"NOT VERIFIED: {arrival.why}", None: "not checked"}
    again = ", seen before" if arrival.again else ""
    test = " (test)" if isinstance(told, dict) and told.get("test") else ""
    at, mark = f"{datetime.now().astimezone():%H:%M:%S}", marks[arrival.verified]
    head = f"{at}  {kind}{test}  {mark}{again}, answered {arrival.answered}"
    head += f" ({arrival.unreached})" if arrival.unreached else ""
    message_id = arrival.headers.get("webhook-id", "without an id")
    return f"{head}\n          {message_id}\n{json.dumps(told, ensure_ascii=False, indent=2)}\n"


def _as_json(arrival: "Arrival") -> str:
    return json.dumps(
        {
            "headers": {name: value for name, value in arrival.headers.items() if name.startswith("webhook-")},
            "verified": arrival.verified,
            "why": arrival.why,
            "again": arrival.again,
            "answered": arrival.answered,
            "unreached": arrival.unreached,
            "body": _decoded(arrival.body),
        },
        ensure_ascii=False,
    )


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode(errors="replace")
