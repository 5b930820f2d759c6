"""`tuneyard keyring`: write every stored secret anew under the newest key, so that an old one can be dropped"""

import asyncio
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from shared.security.resealing import Resealed
    from shared.settings import SealedSettings

_PAGE = 200


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("keyring", rich_help_panel="Each part alone")(keyring)


def keyring() -> None:
    """Write every stored secret anew under the first of TUNEYARD_SECRET_KEYS; the others can be dropped then.

    Restart every part with the new key in front before. May run while everything works, and twice. Exits with 1
    when a secret opens with no key of the ring: it is named and left as it is.
    """
    from services.cli.parts import read_sealed_settings  # noqa: PLC0415 (the start of --help must stay fast)

    done = asyncio.run(reseal(read_sealed_settings()))
    typer.echo(f"{done.written} stored secrets are under the newest key.")
    for where in done.unreadable:
        typer.echo(
            f"error: {where} opens with none of TUNEYARD_SECRET_KEYS. Put its key back, or replace it.", err=True
        )
    if done.unreadable:
        raise typer.Exit(1)


async def reseal(settings: "SealedSettings") -> "Resealed":
    """Go through all that is encrypted, a page in a transaction."""
    from shared.db.database import Database  # noqa: PLC0415
    from shared.endpoints.sealed import reseal_endpoints  # noqa: PLC0415
    from shared.security.resealing import Resealed, reseal_answers  # noqa: PLC0415
    from shared.security.secrets_at_rest import KeyRing  # noqa: PLC0415

    ring, done = KeyRing([key.get_secret_value() for key in settings.secret_keys]), Resealed()
    database = Database(settings.database_url, pool_size=1)
    endpoint: str | None = ""
    answer: tuple[str, str] | None = ("", "")
    try:
        while endpoint is not None:
            async with database.begin() as session:
                endpoint = await reseal_endpoints(session, ring, done, after=endpoint, limit=_PAGE)
        while answer is not None:
            async with database.begin() as session:
                answer = await reseal_answers(session, ring, done, after=answer, limit=_PAGE)
    finally:
        await database.close()
    return done
