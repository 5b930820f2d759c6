"""Every call we make to a provider: files, jobs, models."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp

from shared.errors import ProviderBusy, ProviderRefused, ProviderUnclear
from shared.provider.answers import OUR_ID, NewJob, ProviderCheckpoint, ProviderEvent, ProviderJob, identity
from shared.provider.decode import second
from shared.provider.transport import ProviderHttp, whole_body
from shared.settings import ProviderSettings

T = TypeVar("T")
_PAGE = 100
#: A list has so many pages at most, and items as many as those hold: 20,000 jobs, events or checkpoints, 200,000 files.
#: OpenAI reports some hundred events a job; a server with endless fresh ids would be read until the memory is full.
_MOST_PAGES = 200
#: An upload slower than this has stopped: 512 MB then take under nine minutes.
_SLOWEST_BYTES_PER_SECOND = 1_000_000
_FILE_READY_SECONDS = 2.0
#: A result file has a line of some 40 bytes a step: this holds a million and a half steps.
_MAX_RESULT = 64 * 1024 * 1024
#: What servers answer that do not know a list.
_NO_SUCH_LIST = frozenset({404, 405})


class Provider:
    """An OpenAI-compatible provider. Raises ProviderBusy, ProviderUnclear and ProviderRefused, nothing else."""

    def __init__(self, name: str, settings: ProviderSettings, http: ProviderHttp) -> None:
        self.name = name
        self.settings = settings
        self.http = http

    async def upload(self, filename: str, chunks: AsyncIterator[bytes], size: int) -> str:
        """Upload a training file of `size` bytes, streamed; return its id there."""
        patience = self.http.patience(upload_seconds(size))
        form = aiohttp.FormData()
        form.add_field("purpose", "fine-tune")
        form.add_field("file", chunks, filename=filename, content_type="application/jsonl")
        return _read(identity, await self.http.json("POST", "/files", data=form, timeout=patience))

    async def find_files(self, filename: str) -> list[str]:
        """Return the ids of files of this name, oldest first; the API has no filter, so the list is read."""
        query = {"purpose": "fine-tune", "limit": "1000", "order": "desc"}
        files = [
            (second(file.get("created_at")) or 0, _read(identity, file))
            async for file in self._pages("/files", query)
            if file.get("filename") == filename
        ]
        # Of two files of one second the list names the newer first; the sort keeps what it finds.
        files.reverse()
        return [file_id for _, file_id in sorted(files, key=lambda file: file[0])]

    async def delete_file(self, file_id: str) -> None:
        """Delete a file; what is not there is deleted already."""
        await self._delete(f"/files/{file_id}")

    async def content(self, file_id: str) -> bytes:
        """Return a result file's CSV as plain text, whichever of the two encodings it came in."""
        async with self.http.answer("GET", f"/files/{file_id}/content") as response:
            raw = await whole_body(response, _MAX_RESULT + 1)
        if len(raw) > _MAX_RESULT:
            raise ProviderRefused(f"The result file {file_id} is larger than {_MAX_RESULT} bytes.", provider_status=200)
        return plain_csv(raw)

    async def create_job(self, job: NewJob) -> ProviderJob:
        """Create the job. After ProviderUnclear look with `find_jobs` before doing it again."""
        try:
            return _read(ProviderJob.read, await self.http.json("POST", "/fine_tuning/jobs", json=job.body()))
        except ProviderRefused as exc:
            # Real servers took a job for a file in processing, and refused it, in different years (facts 2.1).
            if exc.provider_status == 400 and "not ready" in str(exc):
                raise ProviderBusy(str(exc), retry_after=_FILE_READY_SECONDS) from exc
            raise

    async def find_jobs(self, our_id: str) -> list[ProviderJob]:
        """Return the jobs that carry our id, oldest first; the filter is checked, for servers exist that ignore it."""
        query = {f"metadata[{OUR_ID}]": our_id, "limit": str(_PAGE)}
        listed = self._pages("/fine_tuning/jobs", query)
        found = [job async for body in listed if (job := _read(ProviderJob.read, body)).metadata.get(OUR_ID) == our_id]
        found.reverse()
        return sorted(found, key=lambda job: job.created_at)

    async def recent_jobs(self, since: int) -> AsyncIterator[ProviderJob]:
        """Yield the jobs created since then (Unix seconds), newest first."""
        async for body in self._pages("/fine_tuning/jobs", {"limit": str(_PAGE)}):
            job = _read(ProviderJob.read, body)
            if job.created_at < since:
                return
            yield job

    async def job(self, job_id: str) -> ProviderJob:
        """Return the job as it stands."""
        job = _read(ProviderJob.read, await self.http.json("GET", f"/fine_tuning/jobs/{job_id}"))
        if job.id != job_id:
            # Its model may be another's.
            raise ProviderUnclear(f"{self.name} was asked for the job {job_id} and told of {job.id}.")
        return job

    async def cancel(self, job_id: str) -> None:
        """Ask for the end of a job; one that has ended already refuses, which the next poll reads."""
        await self.http.json("POST", f"/fine_tuning/jobs/{job_id}/cancel")

    async def events(self, job_id: str, known: frozenset[str]) -> list[ProviderEvent]:
        """Return the events not among `known`, oldest first; none from a server that keeps no list of them."""
        new: list[ProviderEvent] = []
        try:
            async for body in self._pages(f"/fine_tuning/jobs/{job_id}/events", {"limit": str(_PAGE)}):
                event = _read(ProviderEvent.read, body)
                if event.id in known:
                    break
                new.append(event)
        except ProviderRefused as exc:
            if exc.provider_status not in _NO_SUCH_LIST:
                raise
        return new[::-1]

    async def checkpoints(self, job_id: str) -> list[ProviderCheckpoint]:
        """Return the checkpoints, oldest first; none from a server that keeps no list of them."""
        path = f"/fine_tuning/jobs/{job_id}/checkpoints"
        try:
            pages = self._pages(path, {"limit": str(_PAGE)})
            found = [_read(ProviderCheckpoint.read, body) async for body in pages]
        except ProviderRefused as exc:
            if exc.provider_status not in _NO_SUCH_LIST:
                raise
            return []
        return sorted(found, key=lambda checkpoint: checkpoint.step)

    async def answers(self, model: str, *, chat: bool) -> None:
        """Ask the model for one token; raise as any call while it does not answer."""
        if chat:
            body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
            await self.http.json("POST", "/chat/completions", json=body)
        else:
            await self.http.json("POST", "/completions", json={"model": model, "prompt": "Hi", "max_tokens": 1})

    async def delete_model(self, model: str) -> None:
        """Delete a tuned model; what is not there is deleted already."""
        await self._delete(f"/models/{quote(model, safe=':')}")

    async def _delete(self, path: str) -> None:
        try:
            await self.http.json("DELETE", path)
        except ProviderRefused as exc:
            if exc.provider_status != 404:
                raise

    async def _pages(self, path: str, query: dict[str, str]) -> AsyncIterator[dict[str, Any]]:
        asked: set[str] = set()
        after: dict[str, str] = {}
        left = _MOST_PAGES * int(query["limit"])
        for _ in range(_MOST_PAGES):
            page = await self.http.json("GET", path, params={**query, **after})
            data = page.get("data") or []
            if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
                raise ProviderUnclear(f"{self.name} answered GET {path} with a list of something that is no object.")
            left -= len(data)
            if left < 0:
                break
            for item in data:
                yield item
            if not page.get("has_more") or not data:
                return
            after = {"after": _read(identity, data[-1])}
            if after["after"] in asked:
                # It does not obey `after`. What stands behind this page cannot be seen, so nothing is proven absent.
                raise ProviderUnclear(f"{self.name} gives the same page of {path} again and again.")
            asked.add(after["after"])
        # What stands behind cannot be seen either.
        raise ProviderUnclear(f"{self.name} has no end of {path}: more than {_MOST_PAGES} pages of {query['limit']}.")


def upload_seconds(size: int) -> float:
    """Return the seconds that so many bytes may be on their way."""
    return size / _SLOWEST_BYTES_PER_SECOND


def _read(reader: Callable[[dict[str, Any]], T], body: dict[str, Any]) -> T:
    """Read an answer; one that lacks what it must have says nothing about what was done."""
    try:
        return reader(body)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as exc:
        raise ProviderUnclear(f"The provider's answer cannot be read: {type(exc).__name__}: {exc}.") from exc


def plain_csv(raw: bytes) -> bytes:
    """Return the CSV: as it is when it begins with its header, else base64-decoded if that does (facts 3.4)."""
    plain = raw.removeprefix(b"\xef\xbb\xbf")
    if plain.startswith(b"step,"):
        return plain
    try:
        decoded = b64decode(plain, validate=True)
    except (Base64Error, ValueError):
        return raw
    return decoded if decoded.removeprefix(b"\xef\xbb\xbf").startswith(b"step,") else raw


@asynccontextmanager
async def open_provider(name: str, settings: ProviderSettings) -> AsyncIterator[Provider]:
    """Yield the provider; close its connections at the end."""
    http = ProviderHttp(name, settings)
    try:
        yield Provider(name, settings, http)
    finally:
        await http.close()
