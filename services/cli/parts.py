"""Run one part of the service by itself, from TUNEYARD_* settings: how containers run them."""

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typer

    from shared.settings import NoticeSettings, SealedSettings, Settings

_MISSING = "is not set. Set it (docs/operating.md lists the settings), or run `tuneyard up`, which brings everything."


def register(app: "typer.Typer") -> None:
    """Add the commands."""
    for command in COMMANDS:
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

    settings = read_settings()
    upgrade(settings.database_url)
    _say("The database has the newest schema.")


#: Each is a command of the terminal, and an argument of this module, which `up` starts: it need not wait for typer.
COMMANDS = (gateway, worker, notifier, trainer, migrate)


def _serve(part: str, run: "Callable[[Settings], Coroutine[Any, Any, None]]") -> None:
    from shared import log  # noqa: PLC0415
    from shared.errors import WrongSettings  # noqa: PLC0415

    settings = read_settings()
    log.configure(part, settings.log_level, settings.log_format)
    try:
        asyncio.run(run(settings))
    except WrongSettings as exc:
        _say(f"error: {exc}")
        raise SystemExit(2) from exc


def read_settings() -> "Settings":
    """Return the settings of the environment; a sentence for each that is missing or wrong, and exit code 2."""
    from shared.settings import Settings  # noqa: PLC0415

    settings: Settings = _read(Settings)
    return settings


def read_notice_settings() -> "NoticeSettings":
    """Return what notices look like here; exit code 2 as above."""
    from shared.settings import NoticeSettings  # noqa: PLC0415

    settings: NoticeSettings = _read(NoticeSettings)
    return settings


def read_sealed_settings() -> "SealedSettings":
    """Return where secrets are and what opens them; exit code 2 as above."""
    from shared.settings import SealedSettings  # noqa: PLC0415

    settings: SealedSettings = _read(SealedSettings)
    return settings


def _read(settings: Any) -> Any:
    from pydantic import ValidationError  # noqa: PLC0415

    prefix = settings.model_config["env_prefix"]
    try:
        return settings()
    except ValidationError as exc:
        for error in exc.errors(include_url=False, include_input=False):
            # The place in a list has no variable of its own; pydantic's word before a sentence of ours says nothing.
            name = prefix + "__".join(part for part in error["loc"] if isinstance(part, str)).upper()
            why = error["msg"].removeprefix("Value error, ").removesuffix(".")
            said = _MISSING if error["type"] == "missing" else f"does not fit: {why}."
            _say(f"error: {name} {said}")
        raise SystemExit(2) from exc


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    # What a start imports stays: to look through it for garbage 300 times takes a tenth of the start.
    gc.set_threshold(20_000, 10, 10)
    {command.__name__: command for command in COMMANDS}[sys.argv[1]]()
