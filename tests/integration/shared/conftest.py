"""A migrated database of the test's own, and nothing else."""

from collections.abc import AsyncIterator

import pytest

from shared.db.database import Database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()
