"""A gateway to call by plain HTTP: each answer of it is held against OpenAI's schemas."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from yarl import URL

from services.notifier.app import Notifier, open_notifier
from shared.security import keys
from shared.security.tables import Project
from shared.settings import ProviderSettings, Settings
from tests.conftest import House, chats, open_house
from tests.integration.services.notifier.stage import Receiver, receiving
from tests.schema_check import check_answer
from tests.servers import Servers

from .asking import Asking

MODEL = "gpt-4o-mini-2024-07-18"
#: Paths below OpenAI's that its specification does not know.
_OURS = ("/report", "/split", "/convert", "/estimate")
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Any
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.raw)
        return body

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = self.body["error"]
        return error

    @property
    def id(self) -> str:
        assert self.status == 200, self.raw
        return str(self.body["id"])


@dataclass(frozen=True)
class Api:
    """The gateway as one key sees it."""

    house: House
    session: aiohttp.ClientSession
    key: str | None

    async def call(self, method: str, path: str, **request: Any) -> Answer:
        """Call /v1`path`, sent as it is written; fails when the answer has not its operation's shape."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        headers |= request.pop("headers", {})
        url = URL(f"{self.house.url}{path}", encoded=True)
        async with self.session.request(method, url, headers=headers, **request) as response:
            raw = await response.read()
        assert response.headers["x-request-id"]
        ours = path.endswith(_OURS)
        if response.status >= 400 or (path.startswith(("/files", "/fine_tuning", "/models")) and not ours):
            check_answer(method, url.raw_path, response.status, response.content_type, raw)
        return Answer(response.status, response.headers, raw)

    async def raw(self, head: str, body: bytes = b"", *, key: bytes | None = None, more: bytes = b"") -> Answer:
        """Send a request line, headers and a body as bytes, which no client would."""
        reader, writer = await asyncio.open_connection(self.house.gateway.host, self.house.gateway.port)
        lines = f"{head}\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n".encode()
        writer.write(
            lines + b"Authorization: Bearer " + (key or str(self.key).encode()) + b"\r\n" + more + b"\r\n" + body
        )
        raw = await reader.read()
        writer.close()
        top, _, rest = raw.partition(b"\r\n\r\n")
        status, *headers = top.decode().split("\r\n")
        return Answer(int(status.split()[1]), dict(line.lower().split(": ", 1) for line in headers), rest)

    async def get(self, path: str, **request: Any) -> Answer:
        return await self.call("GET", path, **request)

    async def post(self, path: str, body: Any = None, **request: Any) -> Answer:
        return await self.call("POST", path, json=body, **request)

    async def upload(self, content: bytes | None = None, name: str = "train.jsonl", **request: Any) -> Answer:
        form = aiohttp.FormData()
        form.add_field("purpose", "fine-tune")
        form.add_field("file", chats() if content is None else content, filename=name)
        return await self.call("POST", "/files", data=form, **request)

    async def job(self, **more: Any) -> Answer:
        file_id = more.pop("training_file", None) or (await self.upload()).id
        return await self.post("/fine_tuning/jobs", {"training_file": file_id, "model": MODEL, **more})

    async def with_key(self, *scopes: str, project: str = keys.DEFAULT_PROJECT) -> "Api":
        """Return the gateway as a new key of the project sees it."""
        key = keys.new_key()
        async with self.house.runtime.begin() as session:
            if await session.get(Project, project) is None:
                session.add(Project(id=project, name=project))
                await session.flush()
            session.add(keys.make(project, "a key", list(scopes), key))
        return Api(self.house, self.session, key)


@pytest.fixture(scope="module")
async def shared_house(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One gateway for the tests of a module; nothing listens at its provider's address."""
    folder: Path = tmp_path_factory.mktemp("gateway")
    nowhere = ProviderSettings(base_url="http://127.0.0.1:9/v1", api_key=SecretStr("local"), timeout_seconds=3)
    settings = Settings(
        database_url=servers.database_url(folder.name),
        redis_url=servers.redis_url,
        storage_url=folder.as_uri(),
        secret_keys=[SecretStr(Fernet.generate_key().decode())],
        providers={"default": nowhere},
        max_file_bytes=80 * 1024 * 1024,
    )
    async with open_house(settings) as house:
        yield house
    servers.drop_database(folder.name)


@pytest.fixture
async def api(shared_house: House) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as session:
        yield Api(shared_house, session, shared_house.key)


@pytest.fixture
async def own(house: House) -> AsyncIterator[Api]:
    """A gateway that only this test calls, before a real trainer."""
    async with aiohttp.ClientSession() as session:
        yield Api(house, session, house.key)


@pytest.fixture
def mine(house: House) -> Asking:
    return Asking(house, house.key)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as served:
        yield served


@pytest.fixture
async def notifier(house: House) -> AsyncIterator[Notifier]:
    runtime = house.runtime
    async with open_notifier(runtime.database, runtime.ring, runtime.reach) as opened:
        recording = asyncio.create_task(opened.recorder.run())
        yield opened
        recording.cancel()
