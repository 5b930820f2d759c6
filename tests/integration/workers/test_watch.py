"""What must hold, seen to be broken when it is."""

import contextlib

import openai
import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy import text

from shared.db.database import Database, sql
from tests.conftest import House, chats
from workers.reconcile import reconcile
from workers.watch import broken, statements

#: (words of the invariant, what breaks it)
BREAKS = [
    ("events have no gap", "UPDATE events SET sequence = 7 WHERE type = 'fine_tuning.job.created'"),
    ("job that has not ended has work", "DELETE FROM work_items WHERE kind = 'job.prepare'"),
    ("file that is not checked has work", "DELETE FROM work_items WHERE kind = 'dataset.validate'"),
    ("says when, and with what", "UPDATE jobs SET state = 'succeeded'"),
    ("created there by an intent", "UPDATE jobs SET provider_job_id = 'ftjob-stray'"),
    ("due and free for five minutes", "UPDATE work_items SET run_at = now() - interval '6 minutes'"),
    (
        "unclear for a day",
        """INSERT INTO intents (effect, subject_id, provider, work_id, epoch, intended_at)
           VALUES ('create', 'x', 'default', 1, 1, now() - interval '2 days')""",
    ),
    (
        "belongs to a job that succeeded",
        """INSERT INTO tuned_models (id, project_id, job_id, provider, base_model, readiness)
           SELECT 'ft:stray', project_id, id, 'default', base_model, 'ready' FROM jobs""",
    ),
]


@pytest.fixture
async def database(house: House) -> Database:
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key) as client:
        file = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
        await client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4o-mini")
    return house.runtime.database


async def test_each_invariant_is_seen_when_it_breaks_and_not_before(database: Database) -> None:
    assert await broken(database) == {}
    for words, statement in BREAKS:
        sentences = await _broken_by(database, statement)
        assert any(words in sentence for sentence in sentences), words
    assert len(BREAKS) == len(list(statements()))


async def _broken_by(database: Database, statement: str) -> list[str]:
    sentences: list[str] = []
    with contextlib.suppress(_Undo):
        async with database.begin() as session:
            await sql(session, text(statement))
            for sentence, query in statements():
                if (await sql(session, text(query))).all():
                    sentences.append(sentence)
            raise _Undo
    return sentences


class _Undo(Exception):
    """Rolls the damage back."""


async def test_a_twin_at_the_provider_is_cancelled_and_a_strangers_job_is_not(
    house: House, trainer: TestServer
) -> None:
    async with (
        openai.AsyncOpenAI(base_url=house.url, api_key=house.key) as client,
        openai.AsyncOpenAI(base_url=str(trainer.make_url("/v1")), api_key="local") as provider,
    ):
        file = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
        job = await client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4o-mini")
        await client.fine_tuning.jobs.cancel(job.id)
        theirs = await provider.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
        made = [
            await provider.fine_tuning.jobs.create(
                training_file=theirs.id, model="gpt-4o-mini", metadata={"tuneyard_job_id": name}
            )
            for name in (job.id, "ftjob-anothers")
        ]
        assert await reconcile(house.runtime) == [made[0].id]
        assert (await provider.fine_tuning.jobs.retrieve(made[0].id)).status == "cancelled"
        assert (await provider.fine_tuning.jobs.retrieve(made[1].id)).status != "cancelled"
