"""`tuneyard notices`: see what a notice looks like before anybody gets one"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from services.notifier.preview import Preview

WRONG_USAGE = 2
app = typer.Typer(help="See what notices look like.", no_args_is_help=True)


def register(program: typer.Typer) -> None:
    """Add the commands to the program."""
    program.add_typer(app, name="notices")


@app.command()
def preview(
    event_type: Annotated[str, typer.Argument(help="Such as fine_tuning.job.succeeded.", metavar="EVENT_TYPE")],
    channel: Annotated[Literal["slack", "email", "text"], typer.Option(help="Which channel's message.")] = "text",
    html: Annotated[  # noqa: FBT002
        bool, typer.Option("--html", help="The mail's page, with its picture in it (--channel email).")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write there instead of printing.", metavar="FILE")
    ] = None,
) -> None:
    """Show the notice of EVENT_TYPE with sample data, as the templates in TUNEYARD_TEMPLATES make it.

    tuneyard notices preview fine_tuning.job.failed --channel email --html -o failed.html

    Slack's is JSON for the Block Kit Builder. Exits with 2 for an unknown type, and says where a template is broken.
    """
    shown = _read(event_type)
    written = _written(shown, channel, html=html)
    if output is None:
        typer.echo(written)
        return
    try:
        output.write_text(written + "\n", "utf-8")
    except OSError as exc:
        raise _wrong(f"{output} cannot be written: {exc.strerror}.") from exc


def _read(event_type: str) -> "Preview":
    from services.cli.parts import read_notice_settings  # noqa: PLC0415 (the start of --help must stay fast)
    from services.notifier.preview import Preview, event_types  # noqa: PLC0415

    settings = read_notice_settings()
    if settings.templates is not None and not settings.templates.is_dir():
        raise _wrong(f"TUNEYARD_TEMPLATES names {settings.templates}, which is no folder. Correct or unset it.")
    try:
        return Preview.of(event_type, settings)
    except KeyError as exc:
        raise _wrong(f'"{event_type}" is not told to anybody. Choose from: {", ".join(event_types())}.') from exc


def _written(shown: "Preview", channel: str, *, html: bool) -> str:
    from services.notifier.templates import fault  # noqa: PLC0415

    if html and channel != "email":
        raise _wrong(f"--html is a mail's page: say --channel email, not {channel}.")
    try:
        if channel == "slack":
            return shown.slack()
        return shown.html() if html else shown.text()
    except Exception as exc:
        # A template may raise whatever it likes: a name that is not there, a division by zero.
        raise _wrong(f"the template is broken: {fault(exc)}") from exc


def _wrong(message: str) -> typer.Exit:
    typer.echo(f"tuneyard notices: {message}", err=True)
    return typer.Exit(WRONG_USAGE)
