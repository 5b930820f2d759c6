"""A run for a machine: one JSON object a line, each an object of the API, the last one the job"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from services.cli.run.connection import Connection
from services.cli.run.errors import RunError
from services.cli.run.training import Training
from services.cli.run.view import Json


class JsonView:
    """Files, reports and events as they come, then the job; what goes wrong is `{"error": …}`, the last line then."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        return None

    def connected(self, connection: Connection) -> None:
        pass

    @contextmanager
    def uploading(self, file: Path, total: int) -> Iterator[Callable[[int], None]]:  # noqa: ARG002
        yield lambda _done: None

    @contextmanager
    def checking(self, file: Json) -> Iterator[Callable[[Json], None]]:  # noqa: ARG002
        yield lambda _: None

    def checked(self, file: Json, report: Json | None) -> None:
        _write(file)
        if report is not None:
            _write({**report, "file_id": file["id"]})

    def priced(self, estimate: Json | None, retirement: str | None) -> None:
        if estimate is not None or retirement is not None:
            _write({"object": "estimate", **(estimate or {}), "retirement": retirement})

    async def confirm(self) -> bool:
        return False

    def created(self, job: Json) -> None:
        _write(job)

    def changed(self, job: Json, training: Training, events: Sequence[Json]) -> None:  # noqa: ARG002
        for event in events:
            _write(event)

    @contextmanager
    def waiting(self, model: str) -> Iterator[None]:  # noqa: ARG002
        yield

    def succeeded(self, job: Json, training: Training, *, ready: bool, line_to_try: str) -> None:  # noqa: ARG002
        _write({**job, "readiness": "ready" if ready else "loading"})

    def failed(self, job: Json) -> None:
        _write(job)

    def left(self, job: Json | None, *, interrupted: bool) -> None:
        if job is not None and interrupted:
            _write(job)

    def refused(self, error: RunError) -> None:
        _write(error.as_dict())


def _write(line: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
