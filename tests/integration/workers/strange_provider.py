"""A provider that keeps OpenAI's paths and little else, for what no server in its right mind answers."""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class StrangeProvider:
    """Trains nothing: every job is `status` at once, with what the test puts in `job`, `events` and `checkpoints`."""

    job: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    checkpoints: list[dict[str, Any]] = field(default_factory=list)
    #: Path's last part: the statuses it refuses with, before it answers.
    refusals: dict[str, list[int]] = field(default_factory=dict)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    #: So many answers about a job that lag behind: they do not name its model yet.
    nameless: int = 0
    #: Ids of files and models that were deleted.
    deleted: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.post("/v1/files", self._file),
                web.get("/v1/files", self._files),
                web.delete("/v1/files/{id}", self._delete),
                web.delete("/v1/models/{id}", self._delete),
                web.get("/v1/files/{id}/content", self._content),
                web.post("/v1/fine_tuning/jobs", self._create),
                web.get("/v1/fine_tuning/jobs/{id}", self._job),
                web.get("/v1/fine_tuning/jobs/{id}/events", self._events),
                web.get("/v1/fine_tuning/jobs/{id}/checkpoints", self._checkpoints),
                web.post("/v1/fine_tuning/jobs/{id}/cancel", self._cancel),
                web.post("/v1/chat/completions", self._file),
            ]
        )
        return app

    def _answer(self, what: str, body: object) -> web.Response:
        if self.refusals.get(what):
            error = {"error": {"message": f"no {what} for you", "code": None}}
            return web.json_response(error, status=self.refusals[what].pop(0))
        return web.Response(text=json.dumps(body), content_type="application/json")

    async def _file(self, request: web.Request) -> web.Response:
        await request.read()
        return self._answer("file", {"id": "file-theirs"})

    async def _files(self, _request: web.Request) -> web.Response:
        return self._answer("files", {"data": [], "has_more": False})

    async def _delete(self, request: web.Request) -> web.Response:
        answer = self._answer("delete", {})
        if answer.status == 200:
            self.deleted.append(request.match_info["id"])
        return answer

    async def _content(self, _request: web.Request) -> web.Response:
        return self._answer("content", {})

    async def _create(self, request: web.Request) -> web.Response:
        asked = await request.json()
        made = {"id": f"ftjob-theirs-{len(self.jobs)}", "status": "queued", "metadata": asked["metadata"]}
        self.jobs.append(made)
        return self._answer("create", made)

    async def _job(self, request: web.Request) -> web.Response:
        made = next(job for job in self.jobs if job["id"] == request.match_info["id"])
        told = {**made, **self.job}
        if self.nameless > 0 and told.pop("fine_tuned_model", None):
            self.nameless -= 1
        return self._answer("job", told)

    async def _events(self, request: web.Request) -> web.Response:
        newest, after = self.events[::-1], request.query.get("after")
        start = next((n + 1 for n, event in enumerate(newest) if event["id"] == after), 0)
        end = start + int(request.query["limit"])
        return self._answer("events", {"data": newest[start:end], "has_more": end < len(newest)})

    async def _checkpoints(self, _request: web.Request) -> web.Response:
        return self._answer("checkpoints", {"data": self.checkpoints, "has_more": False})

    async def _cancel(self, _request: web.Request) -> web.Response:
        answer = self._answer("cancel", {})
        if answer.status == 200:
            self.job["status"] = "cancelled"
        return answer
