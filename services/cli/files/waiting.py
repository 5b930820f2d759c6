"""Wait until the service has made and checked a file, and show how far it is"""

import asyncio
import contextlib
from typing import TYPE_CHECKING

import typer

from services.cli.asking import Json

if TYPE_CHECKING:
    from services.cli.run.client import Client


async def settled(client: "Client", file_id: str) -> Json:
    """Return the file once it is made and checked; Ctrl-C says how to look at it later."""
    from rich.console import Console  # noqa: PLC0415 (not for what does not wait)

    from services.cli.run.pace import Pace  # noqa: PLC0415 (asyncio takes its time)

    pace = Pace(first=0.1)
    console = Console(stderr=True)
    try:
        with console.status(f"{file_id}: waiting") if console.is_terminal else contextlib.nullcontext() as status:
            while (file := await client.get(f"/files/{file_id}"))["status"] == "uploaded":
                if status is not None:
                    status.update(line(file))
                await pace.wait()
    except asyncio.CancelledError:
        typer.echo(f"Stopped waiting. {file_id} goes on without this terminal.", err=True)
        typer.echo(f"Look at it  tuneyard files get {file_id}", err=True)
        raise
    return file


def line(file: Json) -> str:
    """Say how far a file is."""
    if (progress := file.get("progress")) is None:
        is_made = not file.get("derived_from") or file["bytes"]
        return f"{file['id']}: waiting {'for its check' if is_made else 'until it is made'}"
    share = progress["bytes"] / progress["of"] if progress["of"] else 0
    said = f"{file['id']}: {share:.0%} checked, {progress['lines']:,} lines".replace("%", " %", 1)
    return f"{said}. {again}" if (again := progress.get("trying_again")) else said
