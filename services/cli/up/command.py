"""`tuneyard up`: everything on this machine, in the foreground, until Ctrl-C"""

import asyncio
import os
import time
from pathlib import Path
from typing import Annotated, Literal

import typer

LogLevel = Literal["debug", "info", "warning", "error"]


def register(app: typer.Typer) -> None:
    """Add `up` to the terminal's commands."""
    app.command("up")(up)


def up(
    data_dir: Annotated[Path, typer.Option(help="Where the database, files and keys are kept.")] = Path(".tuneyard"),
    host: Annotated[str, typer.Option(help="The address that the gateway listens on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The gateway's port; 0 takes a free one.", min=0, max=65535)] = 8080,
    trainer_port: Annotated[int, typer.Option(help="The trainer's port; 0 takes a free one.", min=0, max=65535)] = 8081,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes.  [default: cores, 4 at most]", min=1, max=64)
    ] = None,
    log_level: Annotated[LogLevel, typer.Option(help="The least that is logged.")] = "info",
    loopback_webhooks: Annotated[  # noqa: FBT002 - typer calls it by name
        bool,
        typer.Option("--loopback-webhooks/--no-loopback-webhooks", help="Whether webhooks may go to this machine."),
    ] = True,
) -> None:
    """Start everything on this machine: database, queue, trainer, gateway, workers, notifier.

    Nothing else is needed. Prints the address and a key when ready; Ctrl-C stops it; what it knows stays in --data-dir.
    """
    # Imported here, so that `tuneyard --help` does not wait for them.
    from services.cli.up.environment import Options  # noqa: PLC0415
    from services.cli.up.errors import CannotStart  # noqa: PLC0415
    from services.cli.up.output import choose_output  # noqa: PLC0415
    from services.cli.up.run import run  # noqa: PLC0415

    # Workers wait most of their time; what takes a core is done in the processes of their checks.
    number = workers or min(os.cpu_count() or 1, 4)
    options = Options(data_dir, host, port, trainer_port, number, log_level, loopback_webhooks)
    output = choose_output()
    try:
        asyncio.run(run(options, output, os.environ, started=time.monotonic()))
    except CannotStart as error:
        output.fail(str(error))
        raise typer.Exit(1) from error
