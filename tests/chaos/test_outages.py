"""Redis away for a whole job, PostgreSQL killed and the provider restarted midway: the job minds none."""

import asyncio
from pathlib import Path

import openai
import pytest

from shared.settings import Settings
from tests.chaos.lanes import Lane, open_town
from tests.conftest import chats
from tests.servers import Servers


@pytest.mark.timeout(180)
async def test_a_job_survives_the_loss_of_each_part_in_its_middle(
    settings: Settings, servers: Servers, tmp_path: Path
) -> None:
    lane = Lane(config={"step_delay": 0.3})
    async with open_town(settings, [lane], tmp_path) as town:
        await asyncio.to_thread(servers.valkey.stop)
        try:
            await town.submit(lane)
            await town.house.start_worker()
            await town.reaches(lane, "running")
            await asyncio.to_thread(servers.postgres.kill)
            await lane.stop()
            await asyncio.sleep(0.5)  # sweeps, polls and renewals meet a database that is not there
            await asyncio.to_thread(servers.postgres.start)
            await lane.start(tmp_path)
            job = await town.ends(lane)
        finally:
            if servers.postgres.process is None:
                servers.postgres.start()
            servers.valkey.start()
        assert job.status == "succeeded", job.error
        await town.model_answers(lane)
        assert await town.jobs_there(lane) == [(lane.job_id, "succeeded")]
        steps = await town.steps(lane)
        assert len(steps) == len(set(steps)) > 0
        await town.nothing_is_left()


@pytest.mark.timeout(180)
async def test_jobs_that_share_a_file_send_it_once_and_a_tuned_model_is_gone_on_from(
    settings: Settings, tmp_path: Path
) -> None:
    lane = Lane()
    async with open_town(settings, [lane], tmp_path) as town:
        file = await town.upload(chats(12))
        jobs = []
        for _ in range(3):
            await town.submit(lane, training_file=file)
            jobs.append(lane.job_id)
        with pytest.raises(openai.ConflictError, match="has not ended"):
            await town.client.files.delete(file)
        await town.house.start_worker()
        for lane.job_id in jobs:
            assert (await town.ends(lane)).status == "succeeded"
        assert await town.files_there(lane) == 1
        assert sorted(name for name, _ in await town.jobs_there(lane)) == sorted(jobs)

        parent = str((await town.job(lane)).fine_tuned_model)
        await town.submit(lane, training_file=file, model=parent)
        child = await town.ends(lane)
        assert child.status == "succeeded" and child.fine_tuned_model != parent
        assert (child.model_extra or {})["lineage"] == {"base_model": "gpt-4o-mini-2024-07-18", "parent_model": parent}
        await town.client.files.delete(file)
        await town.nothing_is_left()
        assert await town.files_there(lane) == 0
