"""A worker killed at each write of a split and of a conversion: one pair of files at the end, and one of the other"""

from pathlib import Path

import openai
import pytest
from openai.types import FileObject
from redis.asyncio import Redis

from shared.settings import PipelineSettings, Settings
from tests.chaos.killing import all_holds, dies_at, nothing_left
from tests.conftest import House, chats, until

#: (step, point of death, what is left behind). The sides of a split are made one after the other.
SPLIT = [
    ("dataset.derive", "start", "leased, neither side begun"),
    ("dataset.derive", "put before", "the source was split, nothing stored"),
    ("dataset.derive", "put half", "half of a side was given to the storage"),
    ("dataset.derive", "put after", "a side is stored, its row does not know"),
    ("dataset.derive", "commit 2 before", "stored again, nothing written"),
    ("dataset.derive", "commit 2 after", "one side is made, its work not struck out"),
    ("dataset.derive", "put before", "one side is made, the other is not"),
    ("dataset.derive", "put after", "the other is stored, its row does not know"),
    ("dataset.derive", "commit 2 after", "both are made"),
    ("dataset.validate", "commit 2 before", "a side is checked, nothing written"),
]
CONVERSION = [
    ("dataset.derive", "put half", "half of it was given to the storage"),
    ("dataset.derive", "put after", "stored, its row does not know"),
    ("dataset.derive", "commit 2 after", "made, its work not struck out"),
]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Of two slots half are for what may take long: one side of a split is made after the other."""
    pipeline = PipelineSettings(
        lease_seconds=2, sweep_seconds=0.2, retry_first_seconds=0.1, retry_most_seconds=0.5, concurrency=2
    )
    return settings.model_copy(update={"pipeline": pipeline})


@pytest.mark.timeout(180)
async def test_a_split_and_a_conversion_are_made_once_though_workers_are_killed_at_them(
    house: House, settings: Settings, tmp_path: Path
) -> None:
    redis = Redis.from_url(settings.redis_url)
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key, max_retries=0) as client, redis:
        source = await client.files.create(file=("sums.jsonl", chats(60)), purpose="fine-tune")
        await dies_at(house, [("dataset.validate", "commit 2 after", "checked")], redis, tmp_path)
        await client.post(f"/files/{source.id}/split", body={"test_count": 12}, cast_to=object)
        await dies_at(house, SPLIT, redis, tmp_path)
        await client.post(f"/files/{source.id}/convert", body={"system": "Be brief."}, cast_to=object)
        await dies_at(house, CONVERSION, redis, tmp_path)
        await house.start_worker()
        await until(lambda: nothing_left(house))
        files = {file.filename: file async for file in client.files.list(order="asc")}
        assert list(files) == ["sums.jsonl", "sums.train.jsonl", "sums.test.jsonl", "sums.chat.jsonl"]
        assert {file.status for file in files.values()} == {"processed"}
        held = [(await client.files.content(file.id)).content for file in files.values()]
        assert sorted([*held[1].splitlines(), *held[2].splitlines()]) == sorted(held[0].splitlines())
        assert [len(content.splitlines()) for content in held] == [60, 48, 12, 60]
        assert [len(content) for content in held] == [file.bytes for file in files.values()]
        assert _stored(settings) == {f"datasets/{file.id}" for file in files.values()}
        assert _pair(files) == (files["sums.train.jsonl"].id, {source.id})
        await all_holds(house)


def _stored(settings: Settings) -> set[str]:
    folder = Path(settings.storage_url.removeprefix("file://"))
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return found - {".probe"}


def _pair(files: dict[str, FileObject]) -> tuple[object, set[object]]:
    """Return what the test side is held out from, and what all were made of."""
    more = {name: file.model_extra or {} for name, file in files.items()}
    made = {own["derived_from"] for own in more.values() if "derived_from" in own}
    return more["sums.test.jsonl"]["validation_of"], made
