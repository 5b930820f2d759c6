"""`tuneyard run`: read the options, choose the view, turn every end into its exit code"""

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.cli.run.connection import Connection
    from services.cli.run.errors import Exit
    from services.cli.run.flow import Run
    from services.cli.run.order import Order
    from services.cli.run.view import View


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("run")(run)


def run(  # noqa: PLR0917 (typer calls it by name)
    file: Annotated[Path | None, typer.Argument(help="The training file, in JSON Lines.", show_default=False)] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="The base, or tuned model, to train.")] = "",
    validation: Annotated[Path | None, typer.Option("--validation", help="Examples that are never trained on.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, max=50, help="Default: by the provider's rule.")] = None,
    suffix: Annotated[str | None, typer.Option(help="A word in the model's name.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="The same seed, the same training.")] = None,
    name: Annotated[str | None, typer.Option(help="Short for --metadata name=…")] = None,
    metadata: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="May be given 16 times.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before the job is created.")] = False,  # noqa: FBT002
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, the job last.")] = False,  # noqa: FBT002
    detach: Annotated[bool, typer.Option("--detach", help="Create the job and leave it.")] = False,  # noqa: FBT002
    follow: Annotated[str | None, typer.Option(metavar="JOB_ID", help="Attach to a job that exists.")] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Default: TUNEYARD_BASE_URL, OPENAI_BASE_URL, http://127.0.0.1:8080/v1.")
    ] = None,
) -> None:
    """Do the whole job at a running service: send FILE, check it, show the cost, train, and show the model.

    The key comes from TUNEYARD_API_KEY, else OPENAI_API_KEY, else .tuneyard/api_key when the service runs here.
    Ctrl-C leaves the job running. Exits with 0 when the model is there, 1 when a file or the job failed, 2 for wrong
    usage, 3 when the service cannot be reached, 130 after Ctrl-C.
    """
    # Imported here, so that `tuneyard --help` does not wait for aiohttp and rich.
    from services.cli.run.connection import find_connection  # noqa: PLC0415
    from services.cli.run.errors import RunError  # noqa: PLC0415
    from services.cli.run.order import Order, check_order, read_metadata  # noqa: PLC0415

    view = _view(as_json=as_json)
    try:
        order = Order(
            file=file,
            model=model,
            validation=validation,
            epochs=epochs,
            suffix=suffix,
            seed=seed,
            metadata=read_metadata(metadata or [], name),
            yes=yes,
            detach=detach,
            follow=follow,
        )
        check_order(order, can_ask=sys.stdin.isatty() and sys.stderr.isatty() and not as_json)
        connection = find_connection(base_url, os.environ, Path.cwd())
    except RunError as error:
        view.refused(error)
        raise typer.Exit(error.exit_code) from error
    raise typer.Exit(_ended(order, connection, view))


def _ended(order: "Order", connection: "Connection", view: "View") -> "Exit":
    from services.cli.run.errors import Exit, RunError  # noqa: PLC0415

    running: list[Run] = []
    try:
        with view:
            return asyncio.run(_run(order, connection, view, running))
    except KeyboardInterrupt:
        view.left(running[0].job if running else None, interrupted=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output left, as `| head` does. Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.INTERRUPTED
    except OSError:
        # The output is lost, as on a full disk; that the job is not is what nobody could see.
        if running and running[0].job is not None:
            with contextlib.suppress(OSError):
                typer.echo(f"{running[0].job['id']} goes on: tuneyard run --follow {running[0].job['id']}", err=True)
        raise
    except RunError as error:
        view.refused(error)
        if running and running[0].job is not None and error.exit_code is Exit.UNREACHABLE:
            view.left(running[0].job, interrupted=True)
        return error.exit_code


async def _run(order: "Order", connection: "Connection", view: "View", running: "list[Run]") -> "Exit":
    from services.cli.run.client import open_client  # noqa: PLC0415
    from services.cli.run.flow import Run  # noqa: PLC0415

    async with open_client(connection) as client:
        running.append(Run(client, connection, order, view))
        return await running[0].go()


def _view(*, as_json: bool) -> "View":
    from services.cli.run.json_view import JsonView  # noqa: PLC0415
    from services.cli.run.live_view import LiveView  # noqa: PLC0415
    from services.cli.run.plain_view import PlainView, plain_console  # noqa: PLC0415

    if as_json:
        return JsonView()
    console = plain_console()
    drawn = console.is_terminal and not console.is_dumb_terminal and not os.environ.get("CI")
    return LiveView(console) if drawn else PlainView(console)
