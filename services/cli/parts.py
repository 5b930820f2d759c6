"""Run one part of the service by itself, from TUNEYARD_* settings: how containers run them."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from shared.settings import Settings

_MISSING = "is not set. Set it (docs/operating.md lists the settings), or run `tuneyard up`, which brings everything."


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (gateway, worker, notifier, trainer, migrate):
        app.command(rich_help_panel="Each part alone")(command)


def gateway() -> None:
    """Serve the API."""
    from services.gateway.app import run  # noqa: PLC0415 (the start of --help must stay fast)

    _serve("gateway", run)


def worker() -> None:
    """Do the work on the list: check, upload, create, follow, finish."""
    from workers.app import run  # noqa: PLC0415

    _serve("worker", run)


def notifier() -> None:
    """Deliver webhooks."""
    from services.notifier.app import run  # noqa: PLC0415

    _serve("notifier", run)


def trainer() -> None:
    """Serve the provider of our own: small, for development and tests (docs/trainer.md)."""
    from services.trainer.app import run  # noqa: PLC0415
    from services.trainer.config import TrainerConfig  # noqa: PLC0415

    run(_read(TrainerConfig))


def migrate() -> None:
    """Bring the database to the newest schema; safe to run by several processes at once."""
    from migrations.run import upgrade  # noqa: PLC0415

    settings = _settings()
    upgrade(settings.database_url)
    typer.echo("The database has the newest schema.", err=True)


def _serve(part: str, run: "Callable[[Settings], Coroutine[Any, Any, None]]") -> None:
    from shared import log  # noqa: PLC0415

    settings = _settings()
    log.configure(part, settings.log_level, settings.log_format)
    asyncio.run(run(settings))


def _settings() -> "Settings":
    from shared.settings import Settings  # noqa: PLC0415

    settings: Settings = _read(Settings)
    return settings


def _read(settings: Any) -> Any:
    from pydantic import ValidationError  # noqa: PLC0415

    prefix = settings.model_config["env_prefix"]
    try:
        return settings()
    except ValidationError as exc:
        for error in exc.errors(include_url=False, include_input=False):
            name = prefix + "__".join(str(part) for part in error["loc"]).upper()
            said = _MISSING if error["type"] == "missing" else f"does not fit: {error['msg']}."
            typer.echo(f"error: {name} {said}", err=True)
        raise typer.Exit(2) from exc
