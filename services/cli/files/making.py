"""The verbs that make files: hand one in, split one, convert one"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.asking import AsJson, BaseUrl, Json, an_id, answered, say
from services.cli.convert import unescaped
from services.cli.files import words
from services.cli.files.waiting import settled

if TYPE_CHECKING:
    from services.cli.run.client import Client

FileId = Annotated[str, typer.Argument(help="The file's id, file-…", metavar="FILE_ID", callback=an_id)]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it is made and checked.")]


def register(files: typer.Typer) -> None:
    """Add the commands to the group."""
    for verb in (upload, split, convert):
        files.command()(verb)


def upload(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE")],
    validation_of: Annotated[str | None, typer.Option(metavar="FILE_ID", help="What it is held out from.")] = None,
    wait: Wait = True,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
    base_url: BaseUrl = None,
) -> None:
    """Hand in a file, and wait for its check."""

    async def act(client: "Client") -> Json:
        fields = {} if validation_of is None else {"validation_of": validation_of}
        made = await client.upload(file, lambda _: None, **fields)
        return await settled(client, made["id"]) if wait else made

    _end(answered(act, base_url, as_json=as_json), as_json=as_json)


def split(
    file_id: FileId,
    test_fraction: Annotated[float | None, typer.Option(help="The share to hold out, such as 0.2.")] = None,
    test_count: Annotated[int | None, typer.Option(help="The number of examples to hold out.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed holds others out.")] = 0,
    wait: Wait = True,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
    base_url: BaseUrl = None,
) -> None:
    """Make two files of one: to train on, and to test with."""
    body = {"test_fraction": test_fraction, "test_count": test_count, "seed": seed}

    async def act(client: "Client") -> Json:
        made = await client.post(f"/files/{file_id}/split", body)
        sides = {side: await settled(client, made[side]["id"]) for side in ("train", "test")} if wait else {}
        return {**made, **sides}

    made = answered(act, base_url, as_json=as_json)
    say(made, as_json=as_json, people=words.halves)
    raise typer.Exit(1 if "error" in (made["train"]["status"], made["test"]["status"]) else 0)


def convert(  # noqa: PLR0917 (typer calls it by name)
    file_id: FileId,
    to: Annotated[str, typer.Option("--to", help="chat, preference, or lines (as they are).")] = "chat",
    source: Annotated[str | None, typer.Option("--from", help="What it is. Default: found.")] = None,
    mapping: Annotated[
        str | None, typer.Option("--map", help="Columns by role: user=question,assistant=answer,system=rules.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="System prompt of examples that have none.")] = None,
    separator: Annotated[str | None, typer.Option(help="What ends a legacy prompt. Default: found.")] = None,
    stop: Annotated[str | None, typer.Option(help="What ends a legacy completion. Default: found.")] = None,
    skip: Annotated[bool, typer.Option("--skip", help="Leave out what cannot be converted.")] = False,  # noqa: FBT002
    wait: Wait = True,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
    base_url: BaseUrl = None,
) -> None:
    """Make a file of examples of another: CSV, Parquet, JSON arrays, ShareGPT, Alpaca, legacy pairs."""
    ends = {"separator": unescaped(separator), "stop": unescaped(stop)}
    body = {"to": to, "from": source, "map": _mapping(mapping), "system": system, "skip": skip, **ends}

    async def act(client: "Client") -> Json:
        made = await client.post(f"/files/{file_id}/convert", body)
        return await settled(client, made["id"]) if wait else made

    _end(answered(act, base_url, as_json=as_json), as_json=as_json)


def _mapping(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    from shared.datasets.convert.mapping import read_mapping  # noqa: PLC0415
    from shared.errors import Refused  # noqa: PLC0415

    try:
        return read_mapping(text)
    except Refused as exc:
        typer.echo(f"error: {exc}", err=True)
        raise typer.Exit(2) from exc


def _end(file: Json, *, as_json: bool) -> None:
    say(file, as_json=as_json, people=words.file)
    raise typer.Exit(1 if file["status"] == "error" else 0)
