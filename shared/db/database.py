"""Open the database and hand out sessions; one transaction is one `begin()`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

_NOT_YET_ON_DISK = text("SET LOCAL synchronous_commit TO off")


class Database:
    """A pool of connections to PostgreSQL. Never hold a session across a call to the outside."""

    def __init__(self, url: str, *, pool_size: int = 10, ping: bool = True) -> None:
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            # A restarted server costs one ping here instead of one failed statement in a step.
            pool_pre_ping=ping,
            # An error's text goes to the log and to the job's owner: the statement may, its values may not.
            hide_parameters=True,
            connect_args={
                "timeout": 5,
                "command_timeout": 30,
                "server_settings": {"application_name": "tuneyard", "idle_in_transaction_session_timeout": "30000"},
            },
        )
        self._sessions = async_sessionmaker(self.engine, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def begin(self, *, durable: bool = True) -> AsyncIterator[AsyncSession]:
        """Yield a session whose work is committed at the end, or rolled back when anything is raised.

        What is not `durable` need not be on the disk when the commit returns: a crash of the server may undo it, whole
        and in order, so nothing outside may be told of it but what may be told twice.
        """
        async with self._sessions() as session, session.begin():
            if not durable:
                await sql(session, _NOT_YET_ON_DISK)
            yield session

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


async def sql(session: AsyncSession, statement: TextClause, **params: Any) -> CursorResult[*tuple[Any, ...]]:
    """Run plain SQL in the session's transaction: claims, fences and sweeps say exactly what they mean."""
    result: CursorResult[*tuple[Any, ...]] = await session.exec(statement, params=params)  # type: ignore[call-overload]
    return result


async def server_time(session: AsyncSession) -> datetime:
    """Return the database's clock, the only one that decides."""
    at: datetime = (await sql(session, text("SELECT clock_timestamp()"))).scalar_one()
    return at
