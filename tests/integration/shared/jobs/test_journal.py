"""A job's lists, however long a provider's are."""

import openai
from sqlmodel import col, func, select

from shared.jobs.journal import copy_checkpoints
from shared.jobs.tables import Job, JobCheckpoint
from shared.provider.answers import ProviderCheckpoint
from tests.conftest import House, chats

#: One statement takes 32,767 values, six a checkpoint.
MORE_THAN_A_STATEMENT_TAKES = 5462


async def test_more_checkpoints_than_one_statement_takes_are_kept_each_once(house: House) -> None:
    async with openai.AsyncOpenAI(base_url=house.url, api_key=house.key) as client:
        file = await client.files.create(file=("train.jsonl", chats()), purpose="fine-tune")
        job_id = (await client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4o-mini")).id
    found = [
        ProviderCheckpoint(id=f"c{step}", created_at=1, model=f"ft:x:ckpt-{step}", step=step, metrics={})
        for step in range(MORE_THAN_A_STATEMENT_TAKES)
    ]
    async with house.runtime.database.begin() as session:
        job = await session.get_one(Job, job_id)
        await copy_checkpoints(session, job, found)
        await copy_checkpoints(session, job, found)
        kept = select(func.count(col(JobCheckpoint.id)), func.count(func.distinct(JobCheckpoint.model)))
        assert (await session.exec(kept)).one() == (len(found), len(found))
