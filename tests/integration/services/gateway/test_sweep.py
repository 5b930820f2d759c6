"""What an upload leaves when its gateway dies before it recorded the file is removed, and never a file's own bytes."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import text

from shared.db.database import sql
from shared.events.reactions import Step
from shared.settings import Settings
from tests.conftest import House, chats, until
from tests.integration.services.gateway.conftest import Api

_FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n'
_PURPOSE = b'\r\n--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n--x--\r\n'


@pytest.fixture
async def alone(house: House) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as session:
        yield Api(house, session, house.key)


async def _do(house: House, statement: str) -> list[tuple[object, ...]]:
    async with house.runtime.database.begin() as session:
        done = await sql(session, text(statement), kind=Step.SWEEP)
        return [tuple(row) for row in done.all()] if done.returns_rows else []


def _stored(settings: Settings) -> list[bytes]:
    root = Path(settings.storage_url.removeprefix("file://"))
    return [path.read_bytes() for path in root.rglob("*") if path.is_file() and path.name != ".probe"]


async def test_bytes_without_a_file_are_removed_a_day_later(alone: Api, house: House, settings: Settings) -> None:
    kept = await alone.upload(chats(11))
    # To the storage and the list this is a gateway that dies between the bytes and the row.
    await _do(house, "ALTER TABLE datasets RENAME TO datasets_away")
    assert (await alone.upload(chats(12))).status == 500
    await _do(house, "ALTER TABLE datasets_away RENAME TO datasets")
    assert sorted(_stored(settings)) == sorted([chats(11), chats(12)])
    waits = "SELECT run_at > now() + interval '23 hours' FROM work_items WHERE kind = :kind"
    assert await _do(house, waits) == [(True,)]

    await house.start_worker()
    await _do(house, "UPDATE work_items SET run_at = run_at - interval '1 day' WHERE kind = :kind")
    await until(lambda: _none_promised(house))
    assert _stored(settings) == [chats(11)]
    assert (await alone.get(f"/files/{kept.id}/content")).raw == chats(11)


async def test_an_upload_that_ends_when_its_sweep_has_begun_is_refused_and_leaves_nothing(
    alone: Api, house: House, settings: Settings
) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield _FILE
        begun = "UPDATE work_items SET lease_until = now() + interval '1 minute' WHERE kind = :kind RETURNING 1"
        await until(lambda: _do(house, begun))
        yield chats() + _PURPOSE

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await alone.call("POST", "/files", data=slowly(), headers=headers)
    assert (answer.status, answer.error["code"]) == (503, "upload_too_slow")
    assert _stored(settings) == []
    assert (await alone.get("/files")).body["data"] == []


async def _none_promised(house: House) -> bool:
    return await _do(house, "SELECT 1 FROM work_items WHERE kind = :kind") == []
