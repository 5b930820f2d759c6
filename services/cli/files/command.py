"""`tuneyard files`: the verbs for the files of a running service"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.asking import AsJson, BaseUrl, Json, answered, say
from services.cli.files import making, words
from services.cli.files.waiting import settled

if TYPE_CHECKING:
    from services.cli.run.client import Client

files = typer.Typer(help="The files of a running service: judged, priced, split, converted.", no_args_is_help=True)
FileId = making.FileId


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    making.register(files)
    app.add_typer(files, name="files")


@files.command("list")
def list_files(
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    after: Annotated[str | None, typer.Option(metavar="FILE_ID", help="Go on behind this one.")] = None,
    as_json: AsJson = False,  # noqa: FBT002
    base_url: BaseUrl = None,
) -> None:
    """List files, the newest first: id, status, bytes, name."""
    params: dict[str, str | int] = {"limit": limit, **({"after": after} if after else {})}
    listed = answered(lambda client: client.get("/files", **params), base_url, as_json=as_json)
    say(listed, as_json=as_json, people=words.files)


@files.command("get")
def get(file_id: FileId, as_json: AsJson = False, base_url: BaseUrl = None) -> None:  # noqa: FBT002
    """Show one file."""
    shown = answered(lambda client: client.get(f"/files/{file_id}"), base_url, as_json=as_json)
    say(shown, as_json=as_json, people=words.file)


@files.command("check")
def check(file_id: FileId, as_json: AsJson = False, base_url: BaseUrl = None) -> None:  # noqa: FBT002
    """Show what the service's check of a file found. Exits with 1 when it has errors."""

    async def act(client: "Client") -> tuple[Json, Json]:
        file = await settled(client, file_id)
        return file, await client.get(f"/files/{file_id}/report")

    file, report = answered(act, base_url, as_json=as_json)
    if as_json:
        say(report, as_json=True, people=str)
    else:
        _show(report, file["filename"])
    raise typer.Exit(0 if report["valid"] else 1)


@files.command("estimate")
def estimate(
    file_id: FileId,
    model: Annotated[str, typer.Option("--model", "-m", help="The base to train.")],
    epochs: Annotated[int | None, typer.Option(min=1, max=50, help="Default: by the provider's rule.")] = None,
    as_json: AsJson = False,  # noqa: FBT002
    base_url: BaseUrl = None,
) -> None:
    """Show what a training on a file would cost."""

    async def act(client: "Client") -> Json:
        await settled(client, file_id)
        return await client.post(f"/files/{file_id}/estimate", {"model": model, "n_epochs": epochs})

    say(answered(act, base_url, as_json=as_json), as_json=as_json, people=words.price)


@files.command("policy")
def policy(
    set_from: Annotated[
        Path | None, typer.Option("--set", metavar="FILE", help="Put this policy (TOML) in its place.")
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002
    base_url: BaseUrl = None,
) -> None:
    """Show what the project chose of the checks, or put another in its place."""
    document = None if set_from is None else _policy(set_from)

    async def act(client: "Client") -> Json:
        if document is None:
            return await client.get("/dataset_policy")
        return await client.put("/dataset_policy", document)

    say(answered(act, base_url, as_json=as_json), as_json=as_json, people=words.policy)


def _policy(file: Path) -> Json:
    from shared.datasets.policy_file import PolicyError, read_toml  # noqa: PLC0415

    try:
        return read_toml(file.read_bytes()).as_dict()
    except OSError as exc:
        said = f"the policy cannot be read: {(exc.strerror or str(exc)).lower()}."
    except PolicyError as exc:
        said = str(exc)
    typer.echo(f"error: {file}: {said}", err=True)
    raise typer.Exit(2)


def _show(report: Json, name: str) -> None:
    from rich.console import Console  # noqa: PLC0415

    from services.cli.report_view import show  # noqa: PLC0415

    show(report, name, Console())
