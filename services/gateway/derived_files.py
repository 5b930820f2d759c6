"""Files made of files: split one in two, convert one; a worker makes them, and they are there at once to be named"""

from pathlib import PurePosixPath
from typing import Any

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway import idempotency
from services.gateway.routes import Route, caller
from shared.datasets import lifecycle, uploads
from shared.datasets import queries as datasets
from shared.datasets.derive import options
from shared.datasets.split import Side, check_asked, check_size
from shared.datasets.states import DatasetState
from shared.datasets.tables import Dataset
from shared.datasets.view import show
from shared.security.keys import Scope
from shared.wire import ids
from shared.wire.datasets import ConvertFile, SplitFile
from shared.wire.errors import ApiError
from shared.wire.files import FilePurpose
from shared.wire.parse import parse

#: Of a name, so that what is put behind it stays within the 255 characters of a filename.
_MOST_STEM = 200


async def split(request: web.Request) -> web.Response:
    """Promise two files: one to train on, one that asks nothing that the other does."""
    raw = await request.read()
    body = parse(SplitFile, raw)
    check_asked(body.test_fraction, body.test_count)

    async def act(session: AsyncSession) -> dict[str, Any]:
        source = await _source(session, request)
        _refuse_errors(source, "split")
        if source.report is not None:
            check_size(int(str(source.report["examples"])), body.test_count)
        asked = {"operation": "split", **body.model_dump()}
        train = await _request(session, source, {**asked, "part": Side.TRAIN.value}, f".{Side.TRAIN}.jsonl")
        test = await _request(session, source, {**asked, "part": Side.TEST.value}, f".{Side.TEST}.jsonl", train.id)
        shown = {"object": "dataset.split", "derived_from": source.id, **body.model_dump()}
        return {**shown, "train": show(train), "test": show(test)}

    return await idempotency.write(request, act, content=raw)


async def convert(request: web.Request) -> web.Response:
    """Promise a file of examples, made of what another file holds."""
    raw = await request.read()
    body = parse(ConvertFile, raw)
    asked = body.model_dump(by_alias=True)
    options(asked)

    async def act(session: AsyncSession) -> dict[str, Any]:
        source = await _source(session, request)
        return show(await _request(session, source, {"operation": "convert", **asked}, f".{body.to}.jsonl"))

    return await idempotency.write(request, act, content=raw)


async def _source(session: AsyncSession, request: web.Request) -> Dataset:
    project_id, file_id = caller(request).project_id, request.match_info["file_id"]
    source = await datasets.get(session, project_id, file_id, with_report=True)
    if source.purpose != FilePurpose.FINE_TUNE:
        raise ApiError(f"File {file_id} is what a job wrote, not a dataset.", param="file_id")
    return source


def _refuse_errors(source: Dataset, verb: str) -> None:
    if source.state == DatasetState.ERROR:
        message = f"File {source.id} has errors and cannot be {verb}: {source.status_details}"
        raise ApiError(message, param="file_id")


async def _request(
    session: AsyncSession, source: Dataset, derivation: dict[str, Any], ending: str, validation_of: str | None = None
) -> Dataset:
    file_id = ids.new("file-")
    stem = PurePosixPath(source.filename.removesuffix(".gz").removesuffix(".zst")).stem
    dataset = Dataset(
        id=file_id,
        project_id=source.project_id,
        filename=stem[:_MOST_STEM] + ending,
        purpose=FilePurpose.FINE_TUNE,
        bytes=0,
        sha256="",
        stored_as=uploads.stored_as(file_id),
        labels=source.labels,
        validation_of=validation_of,
        derived_from=source.id,
        derivation=derivation,
    )
    return await lifecycle.request(session, dataset)


ROUTES = (
    Route("POST", "/v1/files/{file_id}/split", split, Scope.FILES_WRITE),
    Route("POST", "/v1/files/{file_id}/convert", convert, Scope.FILES_WRITE),
)
