"""What must hold, seen to be broken when it is."""

import contextlib

import openai
import pytest
from aiohttp.test_utils import TestServer, unused_port
from pydantic import SecretStr
from sqlalchemy import text

from shared.db.database import Database, sql
from shared.runtime import open_runtime
from shared.settings import ProviderSettings, Settings
from shared.work.claim import Lease
from shared.work.outcomes import Again
from tests.conftest import House, chats
from workers import watch
from workers.reconcile import reconcile
from workers.watch import broken, statements

_DELIVERY = """
    WITH w AS (INSERT INTO webhook_endpoints (id, project_id, name, status, updated_at)
               SELECT 'wh_1', id, 'x', 'enabled', now() - interval '1 hour' FROM projects LIMIT 1 RETURNING id),
         p AS (INSERT INTO event_payloads (event_id, event_type, body) VALUES ('evt_1', 'x', '') RETURNING event_id)
    INSERT INTO deliveries (id, event_id, endpoint_id, state, hold, reason)
    SELECT 'dlv_1', p.event_id, w.id, '{state}', {hold}, {reason} FROM w, p
"""
#: (words of the invariant, what breaks it)
BREAKS = [
    ("events have no gap", "UPDATE events SET sequence = 7 WHERE type = 'fine_tuning.job.created'"),
    ("told of a subject has no gap", "UPDATE events SET told = 7 WHERE type = 'fine_tuning.job.created'"),
    ("job that has not ended has work", "DELETE FROM work_items WHERE kind = 'job.prepare'"),
    ("file that is not checked has work", "DELETE FROM work_items WHERE kind = 'dataset.validate'"),
    ("file that is being made has work", "UPDATE datasets SET state = 'making'"),
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
    ("is held says by what", _DELIVERY.format(state="held", hold="NULL", reason="'x'")),
    ("by a pause that ended", _DELIVERY.format(state="held", hold="'paused'", reason="'x'")),
    ("names the digest", _DELIVERY.format(state="merged", hold="NULL", reason="'x'")),
    (
        "recovery that goes on has work",
        """WITH w AS (INSERT INTO webhook_endpoints (id, project_id, name, status)
                      SELECT 'wh_1', id, 'x', 'enabled' FROM projects LIMIT 1 RETURNING id)
           INSERT INTO delivery_recoveries (id, endpoint_id, state, since, until)
           SELECT 'rcv_1', id, 'running', now(), now() FROM w""",
    ),
]


#: Epochs that outlast the look, however busy the machine: a twin that has ended has nothing left to cancel.
LONG = 50


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
                training_file=theirs.id,
                model="gpt-4o-mini",
                metadata={"tuneyard_job_id": name},
                hyperparameters={"n_epochs": LONG},
            )
            for name in (job.id, "ftjob-anothers")
        ]
        assert await reconcile(house.runtime) == [made[0].id]
        assert (await provider.fine_tuning.jobs.retrieve(made[0].id)).status == "cancelled"
        assert (await provider.fine_tuning.jobs.retrieve(made[1].id)).status != "cancelled"


async def test_a_provider_that_is_away_and_a_table_that_is_gone_leave_no_twin_running_elsewhere(
    settings: Settings, house: House, trainer: TestServer
) -> None:
    away = ProviderSettings(base_url=f"http://127.0.0.1:{unused_port()}/v1", api_key=SecretStr("k"), timeout_seconds=1)
    both = settings.model_copy(update={"providers": {"away": away, **settings.providers}})
    async with (
        open_runtime(both) as runtime,
        openai.AsyncOpenAI(base_url=house.url, api_key=house.key) as client,
        openai.AsyncOpenAI(base_url=str(trainer.make_url("/v1")), api_key="local") as provider,
    ):
        file = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
        job = await client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4o-mini")
        await client.fine_tuning.jobs.cancel(job.id)
        theirs = await provider.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
        twin = await provider.fine_tuning.jobs.create(
            training_file=theirs.id,
            model="gpt-4o-mini",
            metadata={"tuneyard_job_id": job.id},
            hyperparameters={"n_epochs": LONG},
        )
        async with runtime.database.begin() as session:
            await sql(session, text("ALTER TABLE tuned_models RENAME TO elsewhere"))
        lease = Lease(1, "house.watch", watch.SUBJECT, 1, 1, 0, 1, None, 60, 0)
        assert await watch.run(runtime, lease) == Again(watch.EVERY_SECONDS)
        assert (await provider.fine_tuning.jobs.retrieve(twin.id)).status == "cancelled"
