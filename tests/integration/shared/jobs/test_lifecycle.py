"""Twenty that change one job at once: one change, one event, and no gap in their numbers."""

import asyncio
from collections.abc import Awaitable, Callable

import openai
import pytest
from sqlalchemy import text

from shared.db.database import sql
from shared.errors import Conflict, IllegalMove
from shared.events.catalogue import PUBLIC
from shared.jobs import lifecycle
from shared.jobs.states import JobState
from shared.jobs.tables import Job
from shared.runtime import Runtime
from tests.conftest import House, chats

Change = Callable[[Runtime, str], Awaitable[None]]


@pytest.fixture
async def job_id(house: House) -> str:
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key) as client:
        file = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
        return (await client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4o-mini")).id


async def _advance(runtime: Runtime, job_id: str, to: JobState) -> None:
    async with runtime.begin() as session:
        await lifecycle.advance(session, job_id, to)


async def _cancel(runtime: Runtime, job_id: str) -> None:
    async with runtime.begin() as session:
        await lifecycle.request_cancel(session, await session.get_one(Job, job_id))


async def _fail(runtime: Runtime, job_id: str) -> None:
    async with runtime.begin() as session:
        await lifecycle.fail(session, job_id, code="c", message="m")


async def _events(runtime: Runtime, job_id: str) -> list[str]:
    query = text("SELECT sequence, type, told FROM events WHERE subject_id = :id ORDER BY sequence")
    async with runtime.database.begin() as session:
        found = (await sql(session, query, id=job_id)).all()
    assert [row[0] for row in found] == list(range(1, len(found) + 1))
    numbers = [(row[2], row[1] in PUBLIC) for row in found]
    told = [number for number, public in numbers if public]
    assert told == list(range(1, len(told) + 1)) and {number for number, public in numbers if not public} <= {None}
    return [str(row[1]).removeprefix("fine_tuning.job.") for row in found]


async def _walk(runtime: Runtime, job_id: str, *states: JobState) -> None:
    for state in states:
        await _advance(runtime, job_id, state)


@pytest.mark.parametrize(
    ("way", "changes", "last"),
    [
        ([], [_cancel], ["cancelled"]),
        ([JobState.UPLOADING, JobState.CREATING], [_cancel], ["cancel_requested"]),
        ([JobState.UPLOADING], [_fail], ["failed"]),
    ],
    ids=["cancelled at once", "cancel asked for", "failed"],
)
async def test_asked_by_twenty_at_once_it_happens_once(
    house: House, job_id: str, way: list[JobState], changes: list[Change], last: list[str]
) -> None:
    await _walk(house.runtime, job_id, *way)
    before = await _events(house.runtime, job_id)
    await asyncio.gather(*(change(house.runtime, job_id) for change in changes * 20))
    assert await _events(house.runtime, job_id) == before + last


async def test_a_cancel_that_races_a_step_leaves_one_end(house: House, job_id: str) -> None:
    moves = [_advance(house.runtime, job_id, JobState.UPLOADING), _cancel(house.runtime, job_id)]
    ends = await asyncio.gather(*moves, return_exceptions=True)
    events = await _events(house.runtime, job_id)
    assert events in (["created", "ready", "cancelled"], ["created", "cancelled"])
    assert [type(end) for end in ends if end] == ([IllegalMove] if "ready" not in events else [])


async def test_the_state_it_is_in_already_is_no_change_and_one_it_cannot_reach_is_refused(
    house: House, job_id: str
) -> None:
    await _walk(house.runtime, job_id, JobState.UPLOADING, JobState.UPLOADING)
    assert await _events(house.runtime, job_id) == ["created", "ready"]
    with pytest.raises(IllegalMove, match=r"is uploading and cannot become succeeded"):
        await _advance(house.runtime, job_id, JobState.SUCCEEDED)
    assert await _events(house.runtime, job_id) == ["created", "ready"]


async def test_a_job_that_has_been_trained_promises_no_cancel(house: House, job_id: str) -> None:
    states = [JobState.UPLOADING, JobState.CREATING, JobState.QUEUED, JobState.RUNNING, JobState.FINISHING]
    await _walk(house.runtime, job_id, *states)
    before = await _events(house.runtime, job_id)
    with pytest.raises(Conflict, match="has been trained and its results are being fetched"):
        await _cancel(house.runtime, job_id)
    assert await _events(house.runtime, job_id) == before


async def test_what_has_ended_stays_as_it_ended(house: House, job_id: str) -> None:
    await _fail(house.runtime, job_id)
    await _fail(house.runtime, job_id)
    with pytest.raises(Conflict, match="has failed and cannot be cancelled"):
        await _cancel(house.runtime, job_id)
    assert await _events(house.runtime, job_id) == ["created", "failed"]
