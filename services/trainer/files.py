"""Files: upload (streamed to disk), list, get, content, delete."""

import base64
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import BodyPartReader, web
from aiohttp.http import HttpProcessingError

from services.trainer.context import CONFIG, STORE, act, faults_met, whole_number
from services.trainer.state.files import show
from shared.wire import ids
from shared.wire.errors import ApiError
from shared.wire.files import File, FileDeleted, FilePurpose
from shared.wire.lists import page

routes = web.RouteTableDef()
#: OpenAI's default and highest `limit` of this list (openai-api-facts 1.1).
MOST = 10_000
_CHUNK = 256 * 1024


@dataclass(slots=True)
class Upload:
    """What a multipart body held; the file's bytes are in `staged`."""

    staged: Path
    filename: str | None = None
    fields: dict[str, str] = field(default_factory=dict)


@routes.post("/v1/files", name="files.create")
async def create(request: web.Request) -> web.Response:
    async with _received(request) as upload:
        if upload.filename is None:
            raise ApiError("file: is required. Send it as a part of the multipart body, with a filename.", param="file")
        expires_at = _expiry(upload.fields)
        purpose = _purpose(upload.fields)
        await act(request)
        not_ready = faults_met(request).get("file_not_ready")
        file = request.app[STORE].files.add(
            upload.staged, upload.filename, purpose,
            expires_at=expires_at, ready_in=not_ready.seconds if not_ready else 0,
        )  # fmt: skip
    return web.json_response(show(file))


@routes.get("/v1/files", name="files.list")
async def every(request: web.Request) -> web.Response:
    query = request.query
    if query.get("order", "desc") not in ("asc", "desc"):
        raise ApiError(f'order: must be "asc" or "desc"; found "{query["order"]}".', param="order")
    if after := query.get("after"):
        _file(request, after)
    files, more = request.app[STORE].files.page(
        purpose=query.get("purpose"), limit=whole_number(request, "limit", MOST, MOST),
        after=after, ascending=query.get("order") == "asc",
    )  # fmt: skip
    body = page(files, has_more=more)
    # The specification has no null here; an empty list has an empty id at each end.
    return web.json_response(body | {end: body[end] or "" for end in ("first_id", "last_id")})


@routes.get("/v1/files/{file_id}", name="files.retrieve")
async def retrieve(request: web.Request) -> web.Response:
    return web.json_response(show(_file(request, request.match_info["file_id"])))


@routes.get("/v1/files/{file_id}/content", name="files.content")
async def content(request: web.Request) -> web.StreamResponse:
    path = request.app[STORE].files.path(_file(request, request.match_info["file_id"]).id)
    if "result_base64" in faults_met(request):
        return web.Response(body=base64.b64encode(path.read_bytes()), content_type="application/octet-stream")
    return web.FileResponse(path, headers={"content-type": "application/octet-stream"})


@routes.delete("/v1/files/{file_id}", name="files.delete")
async def delete(request: web.Request) -> web.Response:
    file = _file(request, request.match_info["file_id"])
    await act(request)
    request.app[STORE].files.remove(file.id)
    return web.json_response(FileDeleted(id=file.id).model_dump())


@asynccontextmanager
async def _received(request: web.Request) -> AsyncIterator[Upload]:
    """Read the multipart body, its file to disk as it comes; what was not taken over is removed."""
    if not request.content_type.startswith("multipart/"):
        message = f"A file is uploaded as multipart/form-data; found {request.content_type}."
        raise ApiError(message, status=400, param="file")
    upload = Upload(request.app[STORE].files.folder / f"{ids.new('')}.part")
    try:
        try:
            async for part in await request.multipart():
                if isinstance(part, BodyPartReader):
                    await _take(part, upload, request.app[CONFIG].max_file_bytes)
        except (ValueError, HttpProcessingError) as exc:
            raise ApiError(f"The multipart body cannot be read: {str(exc).strip()}.") from exc
        yield upload
    finally:
        upload.staged.unlink(missing_ok=True)


async def _take(part: BodyPartReader, upload: Upload, most: int) -> None:
    if part.name != "file":
        upload.fields[part.name or ""] = (await part.read(decode=True))[:200].decode(errors="replace")
        return
    upload.filename = part.filename or "upload.jsonl"
    size = 0
    with upload.staged.open("wb") as staged:
        while chunk := await part.read_chunk(_CHUNK):
            size += len(chunk)
            if size > most:
                raise ApiError(
                    f"file: is larger than {most:,} bytes, the limit of a file. Split it.", status=413, param="file"
                )
            staged.write(chunk)
        staged.flush()
        os.fsync(staged.fileno())


def _purpose(fields: dict[str, str]) -> FilePurpose:
    found = fields.get("purpose")
    if found != FilePurpose.FINE_TUNE:
        raise ApiError(f"'{found}' is not one of ['fine-tune'] - 'purpose'", param="purpose")
    return FilePurpose.FINE_TUNE


def _expiry(fields: dict[str, str]) -> int | None:
    seconds = fields.get("expires_after[seconds]")
    if seconds is None:
        return None
    if not seconds.isdigit() or not 3600 <= int(seconds[:10]) <= 2_592_000:
        message = f'expires_after[seconds]: must be from 3600 to 2592000; found "{seconds}".'
        raise ApiError(message, param="expires_after")
    return int(time.time()) + int(seconds)


def _file(request: web.Request, file_id: str) -> File:
    file = request.app[STORE].files.find(file_id)
    if file is None:
        raise ApiError(f"No such File object: {file_id}", status=404, param="id")
    return file
