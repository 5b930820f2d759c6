"""Open database, queue, storage and providers once; close them in reverse."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

import shared.schema  # noqa: F401 (a session knows a table only once its class was imported)
from shared.db.database import Database
from shared.errors import Unavailable
from shared.provider.client import Provider, open_provider
from shared.security.reach import Reach
from shared.security.secrets_at_rest import KeyRing
from shared.settings import Settings
from shared.storage.store import Storage
from shared.work.todo import take_wakes
from shared.work.wake import ArqWaker, Waker, open_pool


@dataclass(frozen=True)
class Runtime:
    """What every door and every step is given. No module connects at import."""

    settings: Settings
    database: Database
    waker: Waker
    storage: Storage
    providers: dict[str, Provider]
    ring: KeyRing
    #: Where what users name may lead.
    reach: Reach

    def provider(self, name: str) -> Provider:
        """Return the provider; raise Unavailable for one that was taken out of the settings while jobs are with it."""
        if name not in self.providers:
            setting = f"TUNEYARD_PROVIDERS__{name.upper()}__BASE_URL"
            raise Unavailable(f"The provider {name!r} is not configured any more. Put {setting} and its key back.")
        return self.providers[name]

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """Yield a session; commit; only then wake whoever shall do what was put on the list."""
        async with self.database.begin() as session:
            yield session
        if wakes := take_wakes(session):
            await self.waker.wake(wakes)


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """Open everything, yield it, close it in reverse, even when opening broke off half-way."""
    async with AsyncExitStack() as stack:
        ring = KeyRing([key.get_secret_value() for key in settings.secret_keys])
        database = Database(settings.database_url, pool_size=settings.database_pool)
        stack.push_async_callback(database.close)
        waker = ArqWaker(open_pool(settings.redis_url))
        stack.push_async_callback(waker.close)
        storage = Storage(settings.storage_url)
        providers = {
            name: await stack.enter_async_context(open_provider(name, provider))
            for name, provider in settings.providers.items()
        }
        yield Runtime(settings, database, waker, storage, providers, ring, Reach.of(settings))
