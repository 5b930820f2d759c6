"""Ask the service and print what it says: as JSON, or for people; every refusal becomes its exit code"""

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from shared.terminal import harmless

if TYPE_CHECKING:
    from services.cli.run.client import Client
    from services.cli.run.errors import RunError

T = TypeVar("T")
Json = dict[str, Any]
#: The service did what it was asked to: the endpoint that it tested did not answer.
_NO_ANSWER, _FAILED = "webhook_test_failed", 1
#: Of everything that the service makes. Anything else would be read as part of the path: another thing's, or a list's.
_ID = re.compile(r"[\w-]{1,100}", re.ASCII)
AsJson = Annotated[bool, typer.Option("--json", help="Print what the service answers, as JSON.")]
BaseUrl = Annotated[
    str | None,
    typer.Option("--base-url", help="Default: TUNEYARD_BASE_URL, OPENAI_BASE_URL, http://127.0.0.1:8080/v1."),
]


def an_id(value: str) -> str:
    """Return an id as it was typed; refuse what can be none, such as nothing at all (typer's callback)."""
    if _ID.fullmatch(value) is None:
        raise typer.BadParameter(f'"{harmless(value[:50])}" is no id: letters, digits, _ and - were expected.')
    return value


def answered(act: Callable[["Client"], Awaitable[T]], base_url: str | None, *, as_json: bool = False) -> T:
    """Return what `act` gets from the service; end with the exit code of its refusal, told in one sentence."""
    # Imported here, so that `tuneyard --help` does not wait for aiohttp.
    from services.cli.run.client import open_client  # noqa: PLC0415
    from services.cli.run.connection import find_connection  # noqa: PLC0415
    from services.cli.run.errors import RunError  # noqa: PLC0415

    async def ask() -> T:
        connection = find_connection(base_url, os.environ, Path.cwd())
        async with open_client(connection) as client:
            return await act(client)

    try:
        return asyncio.run(ask())
    except RunError as error:
        refused(error, as_json=as_json)
        raise typer.Exit(_FAILED if error.code == _NO_ANSWER else error.exit_code) from error


def refused(error: "RunError", *, as_json: bool) -> None:
    """Tell why nothing came of it."""
    if as_json:
        typer.echo(harmless(json.dumps(error.as_dict(), ensure_ascii=False)))
        return
    hint = f" ({error.hint})" if error.hint else ""
    request_id = f" [request {error.request_id}]" if error.request_id else ""
    typer.echo(harmless(f"error: {error.message}{hint}{request_id}"), err=True)


def say(answer: Json, *, as_json: bool, people: Callable[[Json], str]) -> None:
    """Print an answer of the service."""
    # Among it is what receivers and their servers answered, and what colleagues called things.
    typer.echo(harmless(json.dumps(answer, ensure_ascii=False, indent=2) if as_json else people(answer)))
