"""`tuneyard check`: judge a dataset on this machine, before anything leaves it."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from services.cli.output import is_unicode

if TYPE_CHECKING:
    from shared.catalogue import BaseModel

VALID, HAS_ERRORS, WRONG_USAGE = 0, 1, 2


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("check")(check)


def check(
    file: Annotated[str, typer.Argument(help="A dataset in JSON Lines; - reads standard input.", metavar="FILE")],
    model: Annotated[str | None, typer.Option("--model", "-m", help="The base (or tuned model) to train.")] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", min=1, max=50, help="Epochs, for the cost.")] = None,
    for_validation: Annotated[bool, typer.Option("--for-validation", help="A validation file may be small.")] = False,  # noqa: FBT002
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as the API gives it.")] = False,  # noqa: FBT002
) -> None:
    """Check a dataset offline: every finding with its line, tokens counted exactly, and the cost.

    Exits with 0 when the file may be trained on, 1 when it has errors, 2 when it cannot be read or the model is
    unknown.
    """
    # Imported here, because numpy and tiktoken would double the time of every other command.
    from shared.datasets.report import check as check_stream  # noqa: PLC0415

    base = _base(model)
    if epochs is not None and base is None:
        typer.echo("hint: the cost of --epochs needs --model, whose price it is; none is shown.", err=True)
    with _opened(file) as (stream, size), _progress(size) as on_progress:
        try:
            report = check_stream(
                stream, model=base, n_epochs=epochs, for_validation=for_validation, on_progress=on_progress
            )
        except OSError as exc:
            raise _wrong_usage(f"{file}: cannot be read: {exc.strerror or exc}.") from exc
    shown = {**report.as_dict(), "retirement": _retirement(base)}
    _print(shown, "standard input" if file == "-" else file, as_json=as_json)
    raise typer.Exit(VALID if report.valid else HAS_ERRORS)


def _base(name: str | None) -> "BaseModel | None":
    if name is None:
        return None
    from shared import catalogue  # noqa: PLC0415

    base = catalogue.find(name)
    if base is None:
        from shared.catalogue.retirement import trainable_first  # noqa: PLC0415

        near = trainable_first(catalogue.suggest(name) or (one.name for one in catalogue.all_bases()))
        raise _wrong_usage(f'the model "{name}" is not in the catalogue. Known: {", ".join(near)}.')
    return base


def _retirement(base: "BaseModel | None") -> str | None:
    from shared.catalogue.retirement import notice  # noqa: PLC0415

    return None if base is None else notice(base)


@contextlib.contextmanager
def _opened(file: str) -> Iterator[tuple[BinaryIO, int | None]]:
    if file == "-":
        yield sys.stdin.buffer, None
        return
    path = Path(file)
    if path.is_dir():
        raise _wrong_usage(f"{file} is a directory. Name a file in JSON Lines.")
    try:
        stream = path.open("rb")
    except FileNotFoundError as exc:
        raise _wrong_usage(f"{file} does not exist.") from exc
    except OSError as exc:
        raise _wrong_usage(f"{file}: cannot be read: {exc.strerror}.") from exc
    with stream:
        yield stream, path.stat().st_size or None


@contextlib.contextmanager
def _progress(size: int | None) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on standard error while a person watches it; yield what moves it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("checking"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("checking", total=size)
        yield lambda done, _lines: bar.update(task, completed=done)


def _print(report: dict[str, Any], name: str, *, as_json: bool) -> None:
    if as_json:
        # A question mark in place of a character would be another text; an escape is the same.
        in_ascii = not is_unicode(sys.stdout.encoding)
        sys.stdout.write(json.dumps(report, ensure_ascii=in_ascii, indent=2) + "\n")
        return
    from rich.console import Console  # noqa: PLC0415

    from services.cli.report_view import show  # noqa: PLC0415

    show(report, name, Console())


def _wrong_usage(message: str) -> typer.Exit:
    typer.echo(f"tuneyard check: {message}", err=True)
    return typer.Exit(WRONG_USAGE)
