"""The command `tuneyard`."""

from typing import Annotated

import typer

from services.cli import convert, keyring, notices, output, parts, split
from services.cli.check import command as check
from services.cli.files import command as files
from services.cli.run import command as run
from services.cli.up import command as up
from services.cli.webhooks import command as webhooks

app = typer.Typer(
    name="tuneyard",
    help="The fine-tuning control plane: from a JSONL file to a tuned model, checked, priced, created once, and told.",
    no_args_is_help=True,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_show_locals=False,
)
up.register(app)
check.register(app)
convert.register(app)
split.register(app)
run.register(app)
files.register(app)
webhooks.register(app)
parts.register(app)
keyring.register(app)
notices.register(app)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 (typer calls it)
    if not wanted:
        return
    # Imported here, because every other command would wait for them.
    import platform  # noqa: PLC0415
    from importlib import metadata  # noqa: PLC0415

    try:
        version = metadata.version("tuneyard")
    except metadata.PackageNotFoundError:
        version = "(not installed: run from its source)"
    typer.echo(f"tuneyard {version}, Python {platform.python_version()}, {platform.platform()}")
    raise typer.Exit


@app.callback()
def _options(
    version: Annotated[  # noqa: FBT002 (its callback acts)
        bool, typer.Option("--version", "-V", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; whatever becomes of its output, no traceback reaches a user."""
    output.forgive_encodings()
    with output.tidy_when_ended(), output.told_when_lost():
        app()


if __name__ == "__main__":
    main()
