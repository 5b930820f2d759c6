"""What a multipart upload may be, and that nothing is left of one that was refused or broke off."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiohttp
import pytest
from sqlalchemy import text

from shared.db.database import sql
from shared.events.reactions import Step
from shared.settings import Settings
from tests.conftest import open_house, until
from tests.integration.services.gateway.conftest import Api

TYPE = {"Content-Type": "multipart/form-data; boundary=x"}
PURPOSE = 'Content-Disposition: form-data; name="purpose"\r\n\r\nfine-tune'
FILE = 'Content-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{}\n'


def _field(name: str, value: str) -> str:
    return PURPOSE.replace("purpose", name).replace("fine-tune", value)


def _form(*parts: str) -> bytes:
    return b"".join(f"--x\r\n{part}\r\n".encode("utf-8", "surrogateescape") for part in parts) + b"--x--\r\n"


def _objects(api: Api) -> set[Path]:
    """Everything that lies in the storage."""
    root = Path(unquote(urlsplit(api.house.runtime.settings.storage_url).path))
    return {path for path in root.rglob("*") if path.is_file() and path.name != ".probe"}


async def _promised(api: Api) -> list[str]:
    """The uploads whose bytes would be removed in a day, if nobody came for them."""
    async with api.house.runtime.database.begin() as session:
        found = await sql(session, text("SELECT subject_id FROM work_items WHERE kind = :kind"), kind=Step.SWEEP)
        return [row.subject_id for row in found]


@pytest.mark.parametrize("parts", [(PURPOSE, FILE), (FILE, PURPOSE)], ids=["purpose first", "file first"])
async def test_the_fields_come_in_any_order(api: Api, parts: tuple[str, str]) -> None:
    answer = await api.call("POST", "/files", data=_form(*parts), headers=TYPE)
    assert (answer.status, answer.body["filename"], answer.body["bytes"]) == (200, "a.jsonl", 3)
    assert answer.body["status"] == "uploaded"
    assert await _promised(api) == []


@pytest.mark.parametrize(
    ("parts", "param", "why"),
    [
        ((PURPOSE,), "file", "no file"),
        ((FILE,), "purpose", "no purpose"),
        ((), "file", "nothing"),
        ((PURPOSE.replace("fine-tune", "assistants"), FILE), "purpose", "a purpose that is not offered"),
        ((FILE, PURPOSE.replace("fine-tune", "\x00")), "purpose", "a NUL for a purpose"),
        ((PURPOSE, FILE.replace('; filename="a.jsonl"', "")), "file", "no filename"),
        ((PURPOSE, FILE.replace("a.jsonl", "")), "file", "an empty filename"),
        ((PURPOSE, FILE.replace("a.jsonl", "\u200b")), "file", "a filename of nothing that can be printed"),
        ((PURPOSE, FILE, FILE), "file", "two files"),
        ((FILE, PURPOSE, PURPOSE), "purpose", "two purposes"),
        ((FILE, PURPOSE, _field("metadata", "[1]")), "metadata", "metadata that is no object"),
        ((FILE, PURPOSE, _field("metadata[k]", "v" * 513)), "metadata.k", "a value that is too long"),
        ((FILE, PURPOSE, _field("metadata[]", "v")), "metadata..[key]", "an empty key"),
        ((FILE, PURPOSE, *(_field(f"metadata[{n}]", "v") for n in range(17))), "metadata", "too many pairs"),
        ((FILE, PURPOSE, _field("metadata", "{}"), _field("metadata[k]", "v")), "metadata", "metadata in two ways"),
        ((PURPOSE, FILE, PURPOSE.replace("purpose", "speed")), "speed", "an unknown field"),
        ((FILE, PURPOSE, PURPOSE.replace("purpose", "filename")), "filename", "a field called as our own variable"),
        ((PURPOSE.replace('; name="purpose"', ""), FILE), None, "a field without a name"),
        ((FILE, PURPOSE.replace("fine-tune", "f" * 5000)), "purpose", "a field that is too long"),
        ((FILE, PURPOSE.replace("fine-tune", "f" * 500_000)), "purpose", "a field of half a megabyte"),
        ((FILE, *(PURPOSE.replace("purpose", f"f{n}") for n in range(100))), "f0", "many fields"),
        ((PURPOSE, "Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n--y--"), None, "a form in the form"),
    ],
)
async def test_another_form_is_refused_and_leaves_nothing(
    api: Api, parts: tuple[str, ...], param: str | None, why: str
) -> None:
    before = _objects(api)
    answer = await api.call("POST", "/files", data=_form(*parts), headers=TYPE)
    assert (answer.status, answer.error["param"]) == (400, param), why
    assert _objects(api) == before
    assert await _promised(api) == []


@pytest.mark.parametrize(
    ("content_type", "raw"),
    [
        ("application/json", b"{}"),
        ("application/octet-stream", b""),
        ("multipart/form-data", _form(PURPOSE, FILE)),
        ("multipart/form-data; boundary=", _form(PURPOSE, FILE)),
        ("multipart/form-data; boundary=" + "x" * 71, _form(PURPOSE, FILE)),
        ("multipart/form-data; boundary=other", _form(PURPOSE, FILE)),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n"),
        ("multipart/form-data; boundary=x", _form(PURPOSE, FILE)[:-7]),
        ("multipart/form-data; boundary=x", _form(PURPOSE, FILE)[:-20]),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: b\r\n" * 5000 + b"\r\n\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nno colon\r\n\r\n\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: \xff\r\n\r\n\r\n--x--\r\n"),
    ],
)
@pytest.mark.filterwarnings("ignore::aiohttp.multipart.BadContentDispositionHeader")
async def test_what_is_no_whole_form_is_refused_and_leaves_nothing(api: Api, content_type: str, raw: bytes) -> None:
    before = _objects(api)
    answer = await api.call("POST", "/files", data=raw, headers={"Content-Type": content_type})
    assert answer.status == 400, answer.raw
    assert _objects(api) == before


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("train.jsonl", "train.jsonl"),
        ("../../etc/passwd", "passwd"),
        ("C:\\\\data\\\\train.jsonl", "train.jsonl"),
        ("a\u200bb.jsonl", "ab.jsonl"),
        ("tränen.jsonl", "tränen.jsonl"),
        ("a" * 300 + ".jsonl", "a" * 255),
        ("\udcff.jsonl", ".jsonl"),
    ],
)
async def test_a_filename_keeps_its_last_part_that_can_be_printed(api: Api, sent: str, kept: str) -> None:
    raw = _form(PURPOSE, FILE.replace("a.jsonl", sent))
    answer = await api.call("POST", "/files", data=raw, headers=TYPE)
    assert answer.status == 200, answer.raw
    assert answer.body["filename"].replace("\ufffd", "") == kept


async def test_a_file_over_the_limit_is_refused_and_leaves_nothing(own: Api, settings: Settings) -> None:
    async with open_house(settings.model_copy(update={"max_file_bytes": 1_000_000})) as house:
        api = Api(house, own.session, house.key)
        assert (await api.upload(b"x" * 1_000_000)).status == 200
        before = _objects(api)
        answer = await api.upload(b"x" * 1_000_001)
        assert (answer.status, answer.error["code"], answer.error["param"]) == (413, "file_too_large", "file")
        assert _objects(api) == before
        assert len((await api.get("/files")).body["data"]) == 1


async def test_an_upload_whose_sender_drops_leaves_no_row_and_no_object(api: Api) -> None:
    before, listed = _objects(api), (await api.get("/files")).body
    head = _form(PURPOSE)[: -len(b"--x--\r\n")] + b"--x\r\n" + FILE.encode()
    reader, writer = await asyncio.open_connection(api.house.gateway.host, api.house.gateway.port)
    writer.write(
        f"POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\nContent-Length: 50000000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n".encode()
    )
    writer.write(head + b"{}\n" * 7_000_000)  # 21 MB: several parts of the storage's multipart upload
    await writer.drain()
    writer.transport.abort()
    del reader

    async def gone() -> bool:
        return _objects(api) == before and await _promised(api) == []

    await until(gone, 15)
    assert (await api.get("/files")).body == listed


async def test_a_large_file_is_not_held_in_memory(api: Api) -> None:
    rss: list[int] = []
    mebibyte = 1024 * 1024

    async def content() -> AsyncIterator[bytes]:
        for _ in range(64):
            rss.append(_resident_bytes())
            yield b"x" * mebibyte

    form = aiohttp.FormData()
    form.add_field("purpose", "fine-tune")
    form.add_field("file", content(), filename="large.jsonl")
    answer = await api.call("POST", "/files", data=form)
    assert answer.body["bytes"] == 64 * mebibyte
    assert max(rss) - rss[0] < 40 * mebibyte, [(value - rss[0]) // mebibyte for value in rss]
    assert (await api.call("DELETE", f"/files/{answer.id}")).status == 200


def _resident_bytes() -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


@pytest.mark.parametrize(
    "fields",
    [
        [_field("metadata", '{"team": "bots", "run": "7"}')],
        [_field("metadata[team]", "bots"), _field("metadata[run]", "7")],  # as the SDK writes an object into a form
    ],
)
async def test_metadata_and_the_file_it_is_held_out_from_stay_with_the_file(api: Api, fields: list[str]) -> None:
    training = (await api.upload()).id
    raw = _form(PURPOSE, *fields, _field("validation_of", training), FILE)
    made = await api.call("POST", "/files", data=raw, headers=TYPE)
    for shown in (made.body, (await api.get(f"/files/{made.id}")).body):
        assert (shown["metadata"], shown["validation_of"]) == ({"team": "bots", "run": "7"}, training)


async def test_a_file_that_is_held_out_from_nothing_is_refused_and_leaves_nothing(api: Api) -> None:
    before = _objects(api)
    answer = await api.call(
        "POST", "/files", data=_form(PURPOSE, _field("validation_of", "file-x"), FILE), headers=TYPE
    )
    assert (answer.status, answer.error["param"]) == (404, "validation_of")
    assert _objects(api) == before


async def test_the_bytes_come_back_as_they_were_sent(api: Api) -> None:
    content = bytes(range(256)) * 2000
    file_id = (await api.upload(content)).id
    answer = await api.get(f"/files/{file_id}/content")
    assert (answer.status, answer.raw) == (200, content)
    assert answer.headers["content-length"] == str(len(content))
