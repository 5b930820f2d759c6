"""What every test may ask for: real servers, a migrated database, the house in this process."""

import asyncio
import gc
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest
from aiohttp.test_utils import TestServer
from cryptography.fernet import Fernet
from pydantic import SecretStr

from migrations.run import upgrade
from services.gateway.app import build_app
from services.trainer.app import build_app as build_trainer
from services.trainer.config import TrainerConfig
from shared.runtime import Runtime, open_runtime
from shared.schema import METADATA
from shared.security.keys import ensure_first, new_key
from shared.settings import PipelineSettings, ProviderSettings, Settings
from tests.servers import Servers, start_servers
from workers.app import working
from workers.runner import Runner

# A run starts some hundred processes, and each would compile the house anew: a third of the run's CPU seconds.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# What is imported and collected stays: to look through it for garbage all the time takes a twentieth of the run.
gc.set_threshold(20_000, 20, 20)
# How long an example takes says how busy the machine is, and nothing of what is tested.
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")

T = TypeVar("T")
#: Longer than any wait of a test that is going to pass.
PATIENCE_SECONDS = 60.0


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with start_servers(tmp_path_factory.mktemp("servers")) as started:
        started.make_template(upgrade)
        yield started


@pytest.fixture
def database_url(servers: Servers) -> str:
    return servers.emptied("tests", list(METADATA.tables))


@pytest.fixture
async def trainer(tmp_path: Path) -> AsyncIterator[TestServer]:
    config = TrainerConfig(data_dir=tmp_path / "trainer")
    server = TestServer(build_trainer(config))
    async with server:
        yield server


@pytest.fixture
def settings(servers: Servers, database_url: str, trainer: TestServer, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database_url,
        redis_url=servers.redis_url,
        storage_url=f"file://{tmp_path}/storage",
        secret_keys=[SecretStr(Fernet.generate_key().decode())],
        providers={
            "default": ProviderSettings(
                base_url=str(trainer.make_url("/v1")),
                api_key=SecretStr("local"),
                timeout_seconds=3,
                settle_seconds=1,
                poll_seconds=0.1,
            )
        },
        allow_loopback=True,
        pipeline=PipelineSettings(lease_seconds=6, sweep_seconds=0.3, retry_first_seconds=0.1, retry_most_seconds=1),
    )


@dataclass
class House:
    """Gateway and, when asked for, workers, in this process over real servers."""

    runtime: Runtime
    gateway: TestServer
    key: str
    stack: AsyncExitStack = field(repr=False)

    @property
    def url(self) -> str:
        return str(self.gateway.make_url("/v1"))

    async def start_worker(self) -> Runner:
        return await self.stack.enter_async_context(working(self.runtime))


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    async with open_house(settings) as opened:
        yield opened


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(open_runtime(settings))
        key = new_key()
        async with runtime.begin() as session:
            await ensure_first(session, key)
        gateway = TestServer(build_app(runtime))
        await stack.enter_async_context(gateway)
        yield House(runtime, gateway, key, stack)


async def until(what: Callable[[], Awaitable[T | None]], patience: float = PATIENCE_SECONDS) -> T:
    """Return the first thing that is not None or False, asked for every 50 ms."""
    async with asyncio.timeout(patience):
        while not (found := await what()):
            await asyncio.sleep(0.05)
        return found


def lines(*examples: dict[str, Any]) -> bytes:
    """Return a JSONL file."""
    return b"".join(json.dumps(example).encode() + b"\n" for example in examples)


def chats(count: int = 12) -> bytes:
    """Return a good chat dataset of distinct short examples."""
    return lines(*(chat(f"What is {n} plus {n}?", f"Surely {2 * n}, my dear.") for n in range(count)))


def chat(question: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}
