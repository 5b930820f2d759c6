"""Take a multipart upload to the storage piece by piece, never whole in memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import BodyPartReader, MultipartReader, web

from services.gateway.routes import runtime
from shared.storage.store import Stored
from shared.wire import ids
from shared.wire.errors import ApiError
from shared.wire.files import FilePurpose

_FIELD_BYTES = 4096
_PIECE = 256 * 1024


@dataclass(frozen=True)
class Upload:
    """A file whose bytes are stored, and that nobody knows of yet."""

    file_id: str
    filename: str
    purpose: str
    stored_as: str
    stored: Stored


async def receive(request: web.Request) -> Upload:
    """Read `purpose` and `file` in either order; raise ApiError for anything else, leaving nothing behind."""
    if not request.content_type.startswith("multipart/"):
        message = f"POST /v1/files takes multipart/form-data with purpose and file; this is {request.content_type}."
        raise ApiError(message)
    file_id = ids.new("file-")
    stored_as = f"datasets/{file_id}"
    fields: dict[str, str] = {}
    stored: Stored | None = None
    try:
        async for part in _parts(request):
            if part.name == "file":
                fields["filename"] = _filename(part)
                stored = await runtime(request).storage.put(stored_as, _pieces(request, part))
            else:
                fields[part.name or ""] = await _text(part)
        purpose = _checked(fields, stored)
    except BaseException:
        if stored is not None:
            await runtime(request).storage.delete(stored_as)
        raise
    assert stored is not None
    return Upload(file_id, fields["filename"], purpose, stored_as, stored)


async def _parts(request: web.Request) -> AsyncIterator[BodyPartReader]:
    try:
        reader = await request.multipart()
        async for part in reader:
            if isinstance(part, MultipartReader) or part is None:
                raise ApiError("A field of the form is itself multipart; purpose and file are plain fields.")
            yield part
    except (ValueError, AssertionError) as exc:
        raise ApiError(f"The multipart body breaks off or is malformed: {exc}.") from exc


async def _pieces(request: web.Request, part: BodyPartReader) -> AsyncIterator[bytes]:
    limit, size = runtime(request).settings.max_file_bytes, 0
    while piece := await part.read_chunk(_PIECE):
        size += len(piece)
        if size > limit:
            raise ApiError(
                f"The file is larger than {limit:,} bytes, the limit of a file.",
                status=413,
                param="file",
                code="file_too_large",
            )
        yield piece


async def _text(part: BodyPartReader) -> str:
    raw = await part.read_chunk(_FIELD_BYTES)
    if await part.read_chunk(1):
        raise ApiError(f"{part.name}: is over {_FIELD_BYTES} bytes long.", param=part.name)
    return raw.decode(errors="replace")


def _filename(part: BodyPartReader) -> str:
    name = (part.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(character for character in name if character.isprintable()).strip()[:255]
    if not name:
        raise ApiError("file: has no filename. Send it as a file field, with a name such as train.jsonl.", param="file")
    return name


def _checked(fields: dict[str, str], stored: Stored | None) -> str:
    if stored is None:
        raise ApiError("file: is required.", param="file")
    purpose = fields.pop("purpose", None)
    if purpose != FilePurpose.FINE_TUNE:
        said = "is required" if purpose is None else f"must be 'fine-tune'; it is {purpose[:50]!r}"
        raise ApiError(f"purpose: {said}.", param="purpose")
    unknown = sorted(fields.keys() - {"filename"})
    if unknown:
        raise ApiError(f"{unknown[0]}: is not a field of this request; it takes purpose and file.", param=unknown[0])
    return purpose
