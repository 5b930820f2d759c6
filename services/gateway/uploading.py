"""Take a multipart upload to the storage piece by piece, never whole in memory."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, ClientPayloadError, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from services.gateway.routes import runtime
from shared.datasets import uploads
from shared.errors import Unavailable
from shared.storage.store import Stored
from shared.wire import ids
from shared.wire.errors import ApiError
from shared.wire.files import FilePurpose
from shared.wire.jobs import Metadata
from shared.wire.parse import Body, parse, read_json

_FIELD_BYTES = 16 * 1024
#: 16 pairs of metadata, and the others.
_MOST_FIELDS = 20
_SHOWN = 50
_PIECE = 256 * 1024
#: The fields beside `file`. Another is refused when it begins: unread, it costs no memory.
_FIELDS = frozenset({"purpose", "metadata", "validation_of"})
#: How the SDK writes an object into a form: a field for each of its keys.
_METADATA = re.compile(r"metadata\[(.*)\]", re.DOTALL)
#: What aiohttp raises, by where it stops understanding a form or its sender goes away.
_BROKEN = (ValueError, AssertionError, RuntimeError, HttpProcessingError, ClientPayloadError, ConnectionError)


class _Labels(Body):
    metadata: Metadata


@dataclass(frozen=True)
class Upload:
    """A file whose bytes are stored, and that nobody knows of yet."""

    file_id: str
    filename: str
    purpose: str
    stored: Stored
    metadata: dict[str, str] | None = None
    validation_of: str | None = None


@dataclass
class _Form:
    """What was read of the form by now."""

    file_id: str
    filename: str | None = None
    #: Whether bytes may lie in the storage.
    begun: bool = False
    stored: Stored | None = None
    fields: dict[str, str] = field(default_factory=dict)
    #: Why the file's bytes ended early. The storage would tell it in words of its own.
    broken: Exception | None = None


async def receive(request: web.Request) -> Upload:
    """Read `purpose` and `file` in either order; raise ApiError for anything else, leaving nothing behind."""
    if not request.content_type.startswith("multipart/"):
        message = f"POST /v1/files takes multipart/form-data with purpose and file; this is {request.content_type}."
        raise ApiError(message)
    form = _Form(ids.new("file-"))
    try:
        await _read(request, form)
        return _checked(form)
    except BaseException:
        if form.begun:
            await drop(request, form.file_id)
        raise


async def drop(request: web.Request, file_id: str) -> None:
    """Remove the bytes of an upload of which no file comes. Who dies before leaves it to the sweep that is promised."""
    await runtime(request).storage.delete(uploads.stored_as(file_id))
    async with runtime(request).begin() as session:
        await uploads.end(session, file_id)


async def _read(request: web.Request, form: _Form) -> None:
    try:
        async for part in await request.multipart():
            if isinstance(part, MultipartReader) or part is None:
                raise ApiError("A field of the form is itself multipart; purpose and file are plain fields.")
            await _take(request, part, form)
    except _BROKEN as exc:
        raise ApiError(f"The multipart body breaks off or is malformed: {exc}.") from exc


async def _take(request: web.Request, part: BodyPartReader, form: _Form) -> None:
    name = part.name
    if name is None:
        raise ApiError("A field of the form has no name; purpose and file have.")
    if name in form.fields or (name == "file" and form.stored is not None):
        raise ApiError(f"{name}: stands twice in the form. Send one file a request.", param=name)
    if name == "file":
        form.filename = _filename(part)
        form.stored = await _store(request, part, form)
    elif name in _FIELDS or _METADATA.fullmatch(name):
        if len(form.fields) > _MOST_FIELDS:
            raise ApiError(f"The form has more than {_MOST_FIELDS} fields.", param=name[:_SHOWN])
        form.fields[name] = await _text(part, name)
    else:
        message = f"{name}: is not a field of this request; it takes purpose, file, metadata and validation_of."
        raise ApiError(message, param=name)


async def _store(request: web.Request, part: BodyPartReader, form: _Form) -> Stored:
    async with runtime(request).begin() as session:
        await uploads.begin(session, form.file_id)
    form.begun = True
    try:
        return await runtime(request).storage.put(uploads.stored_as(form.file_id), _pieces(request, part, form))
    except Unavailable as exc:
        raise form.broken or exc from exc


async def _pieces(request: web.Request, part: BodyPartReader, form: _Form) -> AsyncIterator[bytes]:
    limit, size = runtime(request).settings.max_file_bytes, 0
    try:
        while piece := await part.read_chunk(_PIECE):
            size += len(piece)
            _refuse_above(limit, size)
            yield piece
    except Exception as exc:
        form.broken = exc
        raise


def _refuse_above(limit: int, size: int) -> None:
    if size > limit:
        message = f"The file is larger than {limit:,} bytes, the limit of a file."
        raise ApiError(message, status=413, param="file", code="file_too_large")


async def _text(part: BodyPartReader, name: str) -> str:
    raw = b""
    while piece := await part.read_chunk(_FIELD_BYTES):
        raw += piece
        if len(raw) > _FIELD_BYTES:
            raise ApiError(f"{name}: is over {_FIELD_BYTES} bytes long.", param=name)
    return raw.decode(errors="replace")


def _filename(part: BodyPartReader) -> str:
    name = (part.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(character for character in name if character.isprintable()).strip()[:255]
    if not name:
        raise ApiError("file: has no filename. Send it as a file field, with a name such as train.jsonl.", param="file")
    return name


def _checked(form: _Form) -> Upload:
    if form.stored is None or form.filename is None:
        raise ApiError("file: is required.", param="file")
    purpose = form.fields.get("purpose")
    if purpose != FilePurpose.FINE_TUNE:
        said = "is required" if purpose is None else f"must be 'fine-tune'; it is {purpose[:50]!r}"
        raise ApiError(f"purpose: {said}.", param="purpose")
    return Upload(
        file_id=form.file_id,
        filename=form.filename,
        purpose=purpose,
        stored=form.stored,
        metadata=_metadata(form.fields),
        validation_of=form.fields.get("validation_of") or None,
    )


def _metadata(fields: dict[str, str]) -> dict[str, str] | None:
    """Return the pairs, from `metadata[key]` fields or from one with a JSON object, within OpenAI's limits."""
    pairs: dict[str, Any] = {found[1]: value for name, value in fields.items() if (found := _METADATA.fullmatch(name))}
    if "metadata" in fields:
        if pairs:
            raise ApiError("metadata: is given whole and by its keys; give it one way.", param="metadata")
        pairs = read_json(fields["metadata"].encode())
    return parse(_Labels, {"metadata": pairs}).metadata or None
