"""`tuneyard split`: hold examples out of a dataset, so that the same question never stands on both sides."""

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.inputs import STANDARD, CannotRead, Input, named
from services.cli.results import CannotWrite, beside, refuse_existing, refuse_source, written

if TYPE_CHECKING:
    from shared.datasets.split import Plan

WRONG_USAGE = 2


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("split")(split)


def split(  # noqa: PLR0917 (typer calls it by name)
    file: Annotated[str, typer.Argument(help="A dataset in JSON Lines; - reads standard input.", metavar="FILE")],
    test_fraction: Annotated[float | None, typer.Option(help="The share to hold out, such as 0.2.")] = None,
    test_count: Annotated[int | None, typer.Option(help="The number of examples to hold out.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed holds others out.")] = 0,
    near: Annotated[bool, typer.Option("--near-duplicates/--no-near-duplicates", help="Keep alike together.")] = True,  # noqa: FBT002
    train: Annotated[str | None, typer.Option(help="Where to write. Default: FILE with .train before its end.")] = None,
    test: Annotated[str | None, typer.Option(help="Where to write. Default: FILE with .test before its end.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,  # noqa: FBT002
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,  # noqa: FBT002
) -> None:
    """Split FILE in two: the same question always falls on the same side, today and when the file has grown.

    tuneyard split train.jsonl --test-fraction 0.2

    Lines are copied as they stand. Each system prompt has its part in both files; at least 10 examples stay to train
    on. Exits with 2 when the file cannot be split so.
    """
    # numpy would double the time of every other command.
    from shared.datasets.split import check_asked  # noqa: PLC0415
    from shared.errors import Refused  # noqa: PLC0415

    try:
        check_asked(test_fraction, test_count)
        with named(file) as given:
            places = _places(file, given, train, test, force=force)
            plan = _planned(given, test_fraction, test_count, seed, near=near)
            _write(given, plan, places, force=force)
    except (Refused, CannotRead, CannotWrite) as exc:
        typer.echo(f"tuneyard split: {exc}", err=True)
        raise typer.Exit(WRONG_USAGE) from exc
    _tell(plan, places, seed, as_json=as_json)


def _places(file: str, given: Input, train: str | None, test: str | None, *, force: bool) -> tuple[str, str]:
    if file == STANDARD and not (train and test):
        raise CannotWrite("Standard input has no name to derive others from: say --train FILE --test FILE.")
    path = Path(file)
    places = train or beside(path, "train.jsonl"), test or beside(path, "test.jsonl")
    if Path(places[0]).resolve() == Path(places[1]).resolve():
        raise CannotWrite(f"--train and --test are both {places[0]}. The two sides need two files.")
    for place in places:
        refuse_source(place, given)
        refuse_existing(place, force=force)
    return places


def _planned(given: Input, fraction: float | None, count: int | None, seed: int, *, near: bool) -> "Plan":
    from shared.datasets.split import plan  # noqa: PLC0415

    with given.open() as stream:
        return plan(stream, fraction=fraction, count=count, seed=seed, near=near)


def _write(given: Input, plan: "Plan", places: tuple[str, str], *, force: bool) -> None:
    from shared.datasets.split import Side  # noqa: PLC0415

    with contextlib.ExitStack() as stack:
        # Both or neither: the first gets its name when the second is whole.
        outputs = [stack.enter_context(written(place, force=force)) for place in places]
        for side, output in zip((Side.TRAIN, Side.TEST), outputs, strict=True):
            output.writelines(plan.lines(stack.enter_context(given.open()), side))


def _tell(plan: "Plan", places: tuple[str, str], seed: int, *, as_json: bool) -> None:
    if as_json:
        sides = {
            name: {"path": place, "examples": count}
            for name, place, count in zip(("train", "test"), places, (plan.train, plan.test), strict=True)
        }
        shown = {"object": "dataset.split", "seed": seed, "questions": plan.groups, "system_prompts": plan.systems}
        typer.echo(json.dumps(shown | sides, indent=2))
        return
    asked = f"{plan.groups:,} different question{'s' * (plan.groups != 1)}"
    under = f" under {plan.systems:,} system prompts" if plan.systems > 1 else ""
    share = plan.test / (plan.train + plan.test)
    typer.echo(f"{plan.train + plan.test:,} examples, {asked}{under}", err=True)
    typer.echo(f"train  {plan.train:,} in {places[0]}", err=True)
    typer.echo(f"test   {plan.test:,} ({share:.1%}) in {places[1]}", err=True)
