"""`tuneyard convert`: other people's files into lines that can be trained on."""

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from services.cli.inputs import STANDARD, CannotRead, Input, named
from services.cli.results import CannotWrite, beside, refuse_existing, refuse_source, written

if TYPE_CHECKING:
    from shared.datasets.convert import Conversion, Options, Tally

DONE, SKIPPED, WRONG_USAGE = 0, 1, 2
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("convert")(convert)


def convert(  # noqa: PLR0917 (typer calls it by name)
    file: Annotated[str, typer.Argument(help="What to convert; - reads standard input.", metavar="FILE")],
    to: Annotated[str, typer.Option("--to", help="chat, preference, or lines (as they are).")] = "chat",
    source: Annotated[
        str | None,
        typer.Option("--from", help="jsonl, json, csv, tsv, parquet; pairs, sharegpt, alpaca, chat. Default: found."),
    ] = None,
    mapping: Annotated[
        str | None, typer.Option("--map", help="Columns by role: user=question,assistant=answer,system=rules.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="System prompt of examples that have none.")] = None,
    separator: Annotated[str | None, typer.Option(help="What ends a legacy prompt. Default: found.")] = None,
    stop: Annotated[str | None, typer.Option(help="What ends a legacy completion. Default: found.")] = None,
    output: Annotated[str | None, typer.Option("--output", "-o", help="- writes to standard output.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output.")] = False,  # noqa: FBT002
    skip: Annotated[bool, typer.Option("--skip", help="Exit with 0 even if rows were skipped.")] = False,  # noqa: FBT002
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,  # noqa: FBT002
) -> None:
    r"""Convert FILE to JSON Lines: CSV, TSV, Parquet, JSON arrays, ShareGPT, Alpaca, legacy pairs, chosen/rejected.

    tuneyard convert pairs.jsonl --system "You are Marv."

    tuneyard convert questions.csv --map user=question,assistant=answer -o train.jsonl

    Exits with 0 when every row was converted, 1 when one was skipped (each is named), 2 when the file cannot be read.
    """
    from shared.errors import Refused  # noqa: PLC0415 (a second for every other command)

    try:
        options = _options(to, source, mapping, system, separator, stop)
        with named(file) as given:
            place = output or _place(file, to)
            refuse_source(place, given)
            refuse_existing(place, force=force)
            tally = _converted(given, options, place, force=force)
    except (Refused, CannotRead, CannotWrite) as exc:
        option = getattr(exc, "option", "")
        typer.echo(f"tuneyard convert: {exc}{option and f' The option: {option}'}", err=True)
        raise typer.Exit(WRONG_USAGE) from exc
    _tell(tally, options.to, place, as_json=as_json)
    raise typer.Exit(DONE if tally.written and (skip or not tally.skipped) else SKIPPED)


def _options(
    to: str, source: str | None, mapping: str | None, system: str | None, separator: str | None, stop: str | None
) -> "Options":
    from shared.datasets.convert import Options, read_mapping  # noqa: PLC0415
    from shared.datasets.convert.conversion import named_source, named_target  # noqa: PLC0415

    container, shape = named_source(source)
    return Options(
        to=named_target(to),
        container=container,
        shape=shape,
        mapping=read_mapping(mapping) if mapping else {},
        system=system,
        separator=unescaped(separator),
        stop=unescaped(stop),
    )


def unescaped(text: str | None) -> str | None:
    r"""Return what was typed, with \n and \t meant as a shell cannot easily write them."""
    return None if text is None else text.replace("\\n", "\n").replace("\\t", "\t")


def _place(file: str, to: str) -> str:
    return STANDARD if file == STANDARD else beside(Path(file), f"{to}.jsonl")


class _Nothing(Exception):
    """No row was converted: no file is made."""


def _converted(given: Input, options: "Options", place: str, *, force: bool) -> "Tally":
    from shared.datasets.convert import Conversion  # noqa: PLC0415

    conversion = Conversion(given.open, options)
    with contextlib.suppress(_Nothing), written(place, force=force) as stream:
        _write(conversion, stream)
    return conversion.tally


def _write(conversion: "Conversion", stream: BinaryIO) -> None:
    stream.writelines(conversion)
    if not conversion.tally.written:
        raise _Nothing


def _tell(tally: "Tally", to: str, place: str, *, as_json: bool) -> None:
    """Tell what became of the rows: on standard error, for the examples may be on the other."""
    if as_json:
        typer.echo(json.dumps(tally.as_dict(), indent=2), err=place == STANDARD)
        return
    for one in tally.listed[:_SHOWN]:
        typer.echo(f"skipped row {one.row}: {one.why}", err=True)
    if tally.skipped > _SHOWN:
        typer.echo(f"… and {tally.skipped - _SHOWN:,} more; --json lists up to 1,000", err=True)
    for note in tally.notes:
        typer.echo(note, err=True)
    if tally.left_out:
        keys = ", ".join(f"{key} (in {count:,})" for key, count in tally.left_out.most_common(10))
        typer.echo(f"Left out, because {to} examples have no place for them: {keys}", err=True)
    into = f"written to {'standard output' if place == STANDARD else place}" if tally.written else "no file was made"
    rows, examples = "s" * (tally.read != 1), "s" * (tally.written != 1)
    counts = f"{tally.read:,} row{rows} read, {tally.written:,} example{examples} written, {tally.skipped:,} skipped"
    typer.echo(f"{counts}; {into}.", err=True)
