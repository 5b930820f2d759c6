"""Files: hand in a dataset, list, read, delete, and its report."""

import json
import re
from typing import Any

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway import idempotency, parameters
from services.gateway.middleware import mark
from services.gateway.routes import Route, caller, runtime
from services.gateway.uploading import drop, receive
from shared.datasets import lifecycle, uploads
from shared.datasets import queries as datasets
from shared.datasets.states import UNCHECKED, DatasetState
from shared.datasets.tables import Dataset
from shared.datasets.view import show
from shared.errors import Conflict, NotFound, Unavailable
from shared.jobs.queries import alive_with_file
from shared.security.keys import Scope
from shared.wire.errors import ApiError
from shared.wire.files import FileDeleted, FilePurpose
from shared.wire.lists import page

_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


async def create(request: web.Request) -> web.Response:
    """Take a file by multipart, streamed to the storage; checking it follows."""
    upload = await receive(request)

    async def act(session: AsyncSession) -> dict[str, Any]:
        if not await uploads.end(session, upload.file_id):
            message = "The upload took more than a day, and its first bytes may have been removed. Send the file again."
            raise ApiError(message, status=503, type="service_unavailable_error", code="upload_too_slow")
        await _check_validation_of(session, caller(request).project_id, upload.validation_of)
        dataset = Dataset(
            id=upload.file_id,
            project_id=caller(request).project_id,
            filename=upload.filename,
            purpose=upload.purpose,
            bytes=upload.stored.bytes,
            sha256=upload.stored.sha256,
            stored_as=uploads.stored_as(upload.file_id),
            labels=upload.metadata,
            validation_of=upload.validation_of,
        )
        return show(await lifecycle.create(session, dataset))

    beside = json.dumps([upload.metadata, upload.validation_of]) if upload.metadata or upload.validation_of else ""
    content = f"{upload.filename}\n{upload.purpose}\n{upload.stored.sha256}{beside}"
    try:
        response = await idempotency.write(request, act, content=content)
    except (ApiError, NotFound):
        # A definite no. After any other error the row may stand all the same, and then needs its bytes.
        await drop(request, upload.file_id)
        raise
    if "idempotent-replayed" in response.headers:
        await drop(request, upload.file_id)
    return response


async def _check_validation_of(session: AsyncSession, project_id: str, file_id: str | None) -> None:
    if file_id is None:
        return
    training = await datasets.get(session, project_id, file_id, param="validation_of")
    if training.purpose != FilePurpose.FINE_TUNE:
        raise ApiError(f"validation_of: {file_id} is what a job wrote, not a dataset.", param="validation_of")


async def list_files(request: web.Request) -> web.Response:
    """List files, newest first by default."""
    parameters.refuse_unknown(request, "purpose", "limit", "order", "after")
    limit = parameters.integer(request, "limit", 10_000, 1, 10_000)
    order = parameters.choice(request, "order", ("asc", "desc"), "desc")
    async with runtime(request).database.begin() as session:
        found = await datasets.page(
            session,
            caller(request).project_id,
            limit=limit,
            after=parameters.after(request, "file-"),
            purpose=request.query.get("purpose"),
            ascending=order == "asc",
        )
    shown = [show(dataset) for dataset in found[:limit]]
    return web.json_response(page(shown, has_more=len(found) > limit, no_id=""))


async def retrieve(request: web.Request) -> web.Response:
    """Show one file."""
    return web.json_response(show(await _dataset(request)))


async def content(request: web.Request) -> web.StreamResponse:
    """Stream the bytes as they were handed in; a Range is obeyed."""
    dataset = await _dataset(request)
    if dataset.derived_from is not None and not dataset.sha256:
        message = f"File {dataset.id} is still being made of {dataset.derived_from}. Ask again once it is processed."
        raise Conflict(dataset.status_details or message, code="file_not_made")
    start, end, partial = _range(request, dataset.bytes)
    response = web.StreamResponse(status=206 if partial else 200)
    response.content_type = "application/octet-stream"
    response.content_length = end - start
    response.headers["Accept-Ranges"] = "bytes"
    if partial:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{dataset.bytes}"
    storage = runtime(request).storage
    chunks = storage.get_range(dataset.stored_as, start, end) if partial else storage.get(dataset.stored_as)
    first = await anext(chunks, b"")
    await mark(request, response)
    await response.prepare(request)
    try:
        await response.write(first)
        async for chunk in chunks:
            await response.write(chunk)
    except (ConnectionError, Unavailable):
        # The head is sent: all that is left is to cut the connection, so that the reader sees it is not whole.
        if request.transport is not None:
            request.transport.close()
        return response
    await response.write_eof()
    return response


async def delete(request: web.Request) -> web.Response:
    """Delete a file that no living job uses; its bytes follow, here and at the provider."""
    file_id = request.match_info["file_id"]
    async with runtime(request).begin() as session:
        dataset = await datasets.get(session, caller(request).project_id, file_id)
        # Locked before the look: a job that is being created holds the row, and is seen once it is committed.
        await session.refresh(dataset, with_for_update=True)
        if jobs := await alive_with_file(session, file_id):
            raise Conflict(
                f"File {file_id} is used by {jobs[0].id}, which has not ended. Cancel the job first.", param="file_id"
            )
        await lifecycle.advance(session, file_id, DatasetState.DELETED)
    return web.json_response(FileDeleted(id=file_id).model_dump(mode="json"))


async def report(request: web.Request) -> web.Response:
    """Show what the check found: every finding with its line, tokens, distribution."""
    dataset = await _dataset(request, with_report=True)
    if dataset.report is None:
        if dataset.state in UNCHECKED:
            message = f"File {dataset.id} is still being checked. Ask again once its status is processed or error."
            raise Conflict(message, code="file_not_checked")
        raise ApiError(f"File {dataset.id} has no report: {dataset.status_details or 'a job wrote it'}.", status=404)
    return web.json_response(dataset.report)


async def _dataset(request: web.Request, *, with_report: bool = False) -> Dataset:
    async with runtime(request).database.begin() as session:
        project_id, file_id = caller(request).project_id, request.match_info["file_id"]
        return await datasets.get(session, project_id, file_id, with_report=with_report)


def _range(request: web.Request, size: int) -> tuple[int, int, bool]:
    """Return the bytes asked for; what is not one range of bytes is ignored (RFC 9110, 14.2)."""
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or not any(asked.groups()):
        return 0, size, False
    first, last = (int(text) if text else None for text in asked.groups())
    if first is not None and last is not None and last < first:
        return 0, size, False
    if first is None:
        start, end = size - min(last or 0, size), size
    else:
        start, end = first, size if last is None else min(last + 1, size)
    if start >= end:
        headers = {"Content-Range": f"bytes */{size}"}
        raise ApiError(f"The file has {size} bytes; the range lies outside.", status=416, headers=headers)
    return start, end, True


ROUTES = (
    Route("POST", "/v1/files", create, Scope.FILES_WRITE),
    Route("GET", "/v1/files", list_files, Scope.FILES_READ),
    Route("GET", "/v1/files/{file_id}", retrieve, Scope.FILES_READ),
    Route("GET", "/v1/files/{file_id}/content", content, Scope.FILES_READ),
    Route("GET", "/v1/files/{file_id}/report", report, Scope.FILES_READ),
    Route("DELETE", "/v1/files/{file_id}", delete, Scope.FILES_WRITE),
)
