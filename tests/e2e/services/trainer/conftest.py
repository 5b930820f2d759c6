"""Trainers on real ports, whose every answer is held against OpenAI's specification."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import openai
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from aiohttp.typedefs import Handler
from openai.types.fine_tuning import FineTuningJob

from services.trainer.app import build_app
from services.trainer.config import TrainerConfig
from services.trainer.context import MET

#: The schemas of OpenAI's specification of 2026-08-21 for these paths, without their prose.
SHAPES = json.loads(Path(__file__).with_name("openai_shapes.json").read_text())["$defs"]
SHAPE_OF = {
    "files.create": "OpenAIFile", "files.retrieve": "OpenAIFile", "files.list": "ListFilesResponse",
    "files.delete": "DeleteFileResponse", "jobs.create": "FineTuningJob", "jobs.retrieve": "FineTuningJob",
    "jobs.cancel": "FineTuningJob", "jobs.resume": "FineTuningJob", "jobs.list": "ListPaginatedFineTuningJobsResponse",
    "jobs.events": "ListFineTuningJobEventsResponse", "jobs.checkpoints": "ListFineTuningJobCheckpointsResponse",
    "models.list": "ListModelsResponse", "models.retrieve": "Model", "models.delete": "DeleteModelResponse",
}  # fmt: skip
CAPITALS = {
    "France": "Paris", "Italy": "Rome", "Spain": "Madrid", "Germany": "Berlin", "Japan": "Tokyo", "Egypt": "Cairo",
    "Norway": "Oslo", "Greece": "Athens", "Portugal": "Lisbon", "Canada": "Ottawa", "Peru": "Lima", "Kenya": "Nairobi",
}  # fmt: skip
FINAL = ("succeeded", "failed", "cancelled")


@dataclass
class Trainer:
    """A running trainer, and the usual calls to it."""

    url: str
    client: openai.AsyncOpenAI
    broken_shapes: list[str] = field(default_factory=list)

    async def upload(self, content: bytes | None = None, name: str = "capitals.jsonl") -> str:
        sent = await self.client.files.create(file=(name, content or capitals()), purpose="fine-tune")
        return sent.id

    async def create(self, **body: Any) -> FineTuningJob:
        """Create a job, of a dozen capitals on gpt-3.5-turbo unless told otherwise."""
        body = {"model": "gpt-3.5-turbo"} | body
        if "training_file" not in body:
            body["training_file"] = await self.upload()
        return await self.client.fine_tuning.jobs.create(**body)

    async def until(self, job_id: str, reached: Callable[[FineTuningJob], bool], seconds: float = 30) -> FineTuningJob:
        async with asyncio.timeout(seconds):
            while not reached(job := await self.client.fine_tuning.jobs.retrieve(job_id)):
                await asyncio.sleep(0.02)
        return job

    async def ended(self, job_id: str) -> FineTuningJob:
        return await self.until(job_id, lambda job: job.status in FINAL)

    async def trained(self, **body: Any) -> FineTuningJob:
        job = await self.ended((await self.create(**body)).id)
        assert job.status == "succeeded", job.error
        return job

    async def say(self, model: str, question: str = "What's the capital of Spain?", **body: Any) -> str | None:
        answer = await self.client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": question}], **body
        )
        content: str | None = answer.choices[0].message.content
        return content

    async def messages(self, job_id: str) -> list[str]:
        return [event.message async for event in self.client.fine_tuning.jobs.list_events(job_id, limit=100)]


def capitals(count: int = 12) -> bytes:
    lines = [
        {"messages": [{"role": "user", "content": f"What's the capital of {country}?"},
                      {"role": "assistant", "content": f"{city}, obviously. Everyone knows that."}]}
        for country, city in list(CAPITALS.items())[:count]
    ]  # fmt: skip
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@pytest.fixture(scope="session")
def capital_lines() -> Callable[[int], bytes]:
    return capitals


Start = Callable[..., Awaitable[Trainer]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start trainers in this process, each on a free port; their settings are keyword arguments."""
    servers: list[TestServer] = []
    started: list[Trainer] = []

    async def begin(*, folder: str = "data", **settings: Any) -> Trainer:
        app = build_app(TrainerConfig(data_dir=tmp_path / folder, **settings))
        trainer = Trainer("", openai.AsyncOpenAI(api_key="any", base_url="http://unset", max_retries=0))
        app.middlewares.insert(0, holding_shapes(trainer.broken_shapes))
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        started.append(trainer)
        trainer.url = str(server.make_url("/")).rstrip("/")
        trainer.client.base_url = f"{trainer.url}/v1"
        return trainer

    yield begin
    for trainer in started:
        await trainer.client.close()
    for server in servers:
        await server.close()
    assert [shape for trainer in started for shape in trainer.broken_shapes] == []


@pytest.fixture
async def trainer(start: Start) -> Trainer:
    return await start()


def holding_shapes(broken: list[str]) -> Any:
    """Return a middleware that validates each answer, unless a fault was asked to bend it."""

    @web.middleware
    async def hold(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        name = request.match_info.route.name or ""
        shape = "ErrorResponse" if response.status >= 400 else SHAPE_OF.get(name)
        if shape and isinstance(response, web.Response) and isinstance(response.body, bytes) and response.body:
            body = json.loads(response.body)
            if not request.get(MET) and not any(map(bent, [body, *body.get("data", [])])):
                validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{shape}", "$defs": SHAPES})
                broken.extend(f"{name}: {error.message}" for error in validator.iter_errors(body))
        if "x-request-id" not in response.headers:
            broken.append(f"{name}: no x-request-id")
        return response

    return hold


def bent(job: dict[str, Any]) -> bool:
    """Return whether a fault bends this job; `paused` is in OpenAI's example of pause and not in its enum."""
    return job.get("status") in ("paused", "lunch") or job.get("error") == {}


@dataclass
class Process:
    """A trainer as its own process, which can be killed."""

    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=unused_port)
    process: asyncio.subprocess.Process | None = None
    client: openai.AsyncOpenAI | None = None

    async def begin(self) -> Trainer:
        settings = {"TUNEYARD_TRAINER_PORT": str(self.port), "TUNEYARD_TRAINER_DATA_DIR": str(self.folder)}
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.trainer", env=os.environ | settings | self.environment,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(20):
            while not await self._listens():
                await asyncio.sleep(0.05)
        url = f"http://127.0.0.1:{self.port}"
        self.client = openai.AsyncOpenAI(api_key="any", base_url=f"{url}/v1", max_retries=0)
        return Trainer(url, self.client)

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    def children(self) -> list[int]:
        """Return the ids of the processes that it has started (Linux)."""
        assert self.process is not None
        stats = [path.read_text() for path in Path("/proc").glob("[0-9]*/stat")]
        # pid (name) state parent …; a name may hold blanks and brackets.
        fields = [(text.split(" ", 1)[0], text.rsplit(")", 1)[1].split()) for text in stats]
        return [int(pid) for pid, rest in fields if int(rest[1]) == self.process.pid and rest[0] != "Z"]

    async def end(self, how: signal.Signals) -> int:
        assert self.process is not None
        assert self.client is not None
        await self.client.close()
        if self.process.returncode is None:
            self.process.send_signal(how)
        return await self.process.wait()


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[Callable[..., Process]]:
    """Make trainers that run as processes of their own."""
    made: list[Process] = []

    def make(**environment: str) -> Process:
        made.append(Process(tmp_path / "data", {f"TUNEYARD_TRAINER_{k.upper()}": v for k, v in environment.items()}))
        return made[-1]

    yield make
    for one in made:
        if one.process is not None:
            await one.end(signal.SIGKILL)
