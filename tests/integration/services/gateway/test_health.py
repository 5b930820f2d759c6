"""Whether the process lives, and which of its dependencies is away."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import make_url

from shared.settings import Settings
from tests.conftest import House, open_house
from tests.servers import Servers


async def _ask(house: House, path: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(house.gateway.make_url(path)) as answer:
        return answer.status, await answer.json()


async def test_all_is_well_without_a_key(house: House) -> None:
    assert await _ask(house, "/healthz") == (200, {"status": "ok"})
    well = dict.fromkeys(("status", "database", "storage", "queue", "provider"), "ok")
    assert await _ask(house, "/readyz") == (200, well)


@pytest.mark.parametrize(("part", "status"), [("queue", 200), ("provider", 200), ("storage", 503), ("database", 503)])
async def test_what_is_away_is_named_and_unready_is_what_cannot_accept(
    settings: Settings, servers: Servers, tmp_path: Path, part: str, status: int
) -> None:
    if part == "queue":
        settings.redis_url = "redis://127.0.0.1:9/0"
    if part == "provider":
        settings.providers["default"].base_url = "http://127.0.0.1:9/v1"
    async with open_house(settings) as house:
        if part == "storage":
            folder = tmp_path / "storage"
            for inside in folder.iterdir():
                inside.unlink()
            folder.rmdir()
            folder.write_text("not a folder")
        if part == "database":
            servers.drop_database(str(make_url(settings.database_url).database))
        found, said = await _ask(house, "/readyz")
        assert (found, said["status"]) == (status, "ok" if status == 200 else "unavailable")
        assert said.pop(part) != "ok"
        assert [name for name, answer in said.items() if answer != "ok" and name != "status"] == []
        assert (await _ask(house, "/healthz"))[0] == 200


async def test_a_database_that_is_away_is_a_503_that_may_be_tried_again(settings: Settings, servers: Servers) -> None:
    async with open_house(settings) as house:
        servers.drop_database(str(make_url(settings.database_url).database))
        headers = {"Authorization": f"Bearer {house.key}"}
        async with aiohttp.ClientSession() as session, session.get(f"{house.url}/files", headers=headers) as answer:
            assert answer.status == 503
            assert int(answer.headers["retry-after"]) > 0
            assert (await answer.json())["error"]["type"] == "service_unavailable_error"
