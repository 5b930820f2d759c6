"""A notifier on a real database, with a real receiver beside it."""

from collections.abc import AsyncIterator

import pytest
from cryptography.fernet import Fernet

from shared.db.database import Database
from shared.security.secrets_at_rest import KeyRing
from shared.security.tables import Project

from .stage import OTHER, PROJECT, House, Receiver, receiving


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    database = Database(database_url)
    try:
        async with database.begin() as session:
            session.add(Project(id=PROJECT, name="default"))
            session.add(Project(id=OTHER, name="other"))
        yield House(database, KeyRing([Fernet.generate_key().decode()]), database_url)
    finally:
        await database.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as served:
        yield served
