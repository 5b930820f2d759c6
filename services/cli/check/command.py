"""`tuneyard check`: read the options, check each file, tell what was found, turn it into an exit code"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.check.asked import Asked, FailOn, Method, OutputFormat, WrongUsage, check_asked
from services.cli.inputs import CannotRead
from services.cli.results import CannotWrite

if TYPE_CHECKING:
    from services.cli.check.checked import Checked

DONE, FOUND, WRONG_USAGE = 0, 1, 2


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("check")(check)


def check(  # noqa: PLR0917 (typer calls it by name)
    files: Annotated[
        list[str],
        typer.Argument(help="Datasets in JSON Lines; - reads standard input.", metavar="FILE…"),
    ],
    model: Annotated[str | None, typer.Option("--model", "-m", help="The base (or tuned model) to train.")] = None,
    method: Annotated[Method | None, typer.Option(help="How. Default: the method that the format is for.")] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", min=1, max=50, help="Epochs, for the cost.")] = None,
    validation: Annotated[
        str | None, typer.Option(help="The file held out from FILE: checked too, and for what stands in both.")
    ] = None,
    for_validation: Annotated[bool, typer.Option("--for-validation", help="A validation file may be small.")] = False,  # noqa: FBT002
    dataset_format: Annotated[
        str | None, typer.Option(metavar="NAME", help="chat, completion, preference, … Default: found.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A policy in TOML: severities and thresholds of your own.")
    ] = None,
    tokens: Annotated[bool, typer.Option("--tokens/--no-tokens", help="Count tokens, or check only.")] = True,  # noqa: FBT002
    quality: Annotated[bool, typer.Option("--quality/--no-quality", help="Look for duplicates and more.")] = True,  # noqa: FBT002
    processes: Annotated[int | None, typer.Option(min=1, max=256, help="Default: one for each core.")] = None,
    output_format: Annotated[OutputFormat, typer.Option("--format", help="How it is told.")] = OutputFormat.HUMAN,
    as_json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,  # noqa: FBT002
    fail_on: Annotated[FailOn, typer.Option(help="Exit with 1 from which severity on.")] = FailOn.ERROR,
    fix: Annotated[bool, typer.Option("--fix", help="Write a corrected copy, and check that.")] = False,  # noqa: FBT002
    output: Annotated[str | None, typer.Option("--output", "-o", help="Where --fix writes.")] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="--fix writes over FILE itself.")] = False,  # noqa: FBT002
    force: Annotated[bool, typer.Option("--force", help="--fix may overwrite its output.")] = False,  # noqa: FBT002
) -> None:
    """Check datasets offline: every finding with its line, tokens counted exactly, quality, and the cost.

    tuneyard check train.jsonl --model gpt-4.1-mini --validation test.jsonl

    tuneyard check data/*.jsonl --format github --fail-on warning

    Exits with 0 when nothing was found that --fail-on names, 1 when something was, 2 when a file cannot be read or an
    option is wrong.
    """
    # Typer gave every option by the name that it has there.
    raise typer.Exit(_run(Asked(**locals())))


def _run(asked: Asked) -> int:
    try:
        check_asked(asked)
        # Imported here, because numpy and the tokenizer would double the time of every other command.
        from services.cli.check.checked import check_all  # noqa: PLC0415

        if asked.epochs is not None and asked.model is None:
            typer.echo("hint: the cost of --epochs needs --model, whose price it is; none is shown.", err=True)
        checked = check_all(asked)
    except (WrongUsage, CannotRead, CannotWrite) as exc:
        typer.echo(f"tuneyard check: {exc}", err=True)
        return WRONG_USAGE
    _tell(asked, checked)
    return FOUND if any(one.fails(asked.fail_on) for one in checked) else DONE


def _tell(asked: Asked, checked: "list[Checked]") -> None:
    from services.cli.check import github, human, json_output, sarif  # noqa: PLC0415

    match asked.shown_as:
        case OutputFormat.HUMAN:
            human.write(checked)
        case OutputFormat.JSON:
            json_output.write(checked)
        case OutputFormat.SARIF:
            sarif.write(checked)
        case OutputFormat.GITHUB:
            github.write(checked)
