"""A notifier on a real database, with a real receiver beside it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from cryptography.fernet import Fernet

from migrations.run import upgrade
from shared.db.database import Database
from shared.security.secrets_at_rest import KeyRing
from shared.security.tables import Project
from tests.servers import Servers, start_servers

from .stage import OTHER, PROJECT, House, Receiver, receiving


@pytest.fixture(scope="session")
def notifier_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with start_servers(tmp_path_factory.mktemp("servers")) as servers:
        servers.make_template(upgrade)
        yield servers


@pytest.fixture
async def house(notifier_servers: Servers) -> AsyncIterator[House]:
    url = notifier_servers.database_url("notifier")
    database = Database(url)
    try:
        async with database.begin() as session:
            session.add(Project(id=PROJECT, name="default"))
            session.add(Project(id=OTHER, name="other"))
        yield House(database, KeyRing([Fernet.generate_key().decode()]), url)
    finally:
        await database.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as served:
        yield served
