"""Bring a database to the newest schema, one process at a time."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

#: Any number, as long as everybody who migrates takes the same.
_LOCK = 7_202_611


def config(connection: Connection) -> Config:
    """Return Alembic's configuration; there is no alembic.ini."""
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parent))
    found.attributes["connection"] = connection
    return found


def upgrade(url: str) -> None:
    """Migrate to the newest revision. A second process waits for the first, and then finds nothing to do."""
    asyncio.run(on_connection(url, lambda connection: command.upgrade(config(connection), "head")))


async def on_connection(url: str, do: Callable[[Connection], None]) -> None:
    """Call `do` with a connection that holds the lock of migrations."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as holder, engine.connect() as connection:
            await holder.execute(text(f"SELECT pg_advisory_lock({_LOCK})"))
            # A migration that waits for a lock makes everybody behind it wait too: better it fails and is run again.
            await connection.execute(text("SET lock_timeout = '5s'"))
            await connection.commit()
            await connection.run_sync(do)
            await connection.commit()
    finally:
        await engine.dispose()
