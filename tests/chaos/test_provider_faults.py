"""Every fault of a provider at every call: one job there, one event stream here, an end that says why."""

import asyncio
import contextlib
from pathlib import Path

import openai
import pytest

from shared.settings import Settings
from tests.chaos.lanes import Lane, open_town

OPERATIONS = ("files.create", "jobs.create", "jobs.retrieve", "jobs.events", "files.content", "jobs.checkpoints")
LOOKS = ("files.list", "jobs.list")
#: Every fault that any request may meet. `late` and `hang` take effect before nothing can land any more.
FAULTS = (
    "rate_limit=0.3",
    "error_before",
    "error_after",
    "late=2",
    "hang=2",
    "drop_before",
    "drop_after",
    "slow=2",
)
#: What a model or a job may do besides.
STRANGE = "jobs.create:model_not_ready=2,jobs.create:result_base64,jobs.create:error_empty,jobs.create:unknown_status"


def _square() -> list[Lane]:
    """Return a lane for each fault, in each of which every operation meets another: all pairs in eight jobs."""
    lanes = []
    for row in range(len(FAULTS)):
        met = [f"{op}:{FAULTS[(row + column) % len(FAULTS)]}*1" for column, op in enumerate(OPERATIONS)]
        # The look after an unclear create is itself refused once.
        met += [f"{op}:{FAULTS[(row + 1) % 3]}*1" for op in LOOKS]
        lanes.append(Lane(",".join(met)))
    return lanes


@pytest.mark.timeout(240)
async def test_every_fault_at_every_call_leaves_one_job_and_one_of_each_event(
    settings: Settings, tmp_path: Path
) -> None:
    strange = Lane(f"{STRANGE},jobs.create:file_not_ready*2,chat.completions:error_before*1")
    lanes = [*_square(), strange]
    async with open_town(settings, lanes, tmp_path) as town:
        for lane in lanes:
            await town.submit(lane)
        await town.house.start_worker()
        for lane, job in zip(lanes, await asyncio.gather(*(town.ends(lane) for lane in lanes)), strict=True):
            assert job.status == "succeeded", (lane.faults, job.error)
            assert await town.jobs_there(lane) == [(lane.job_id, "succeeded")], lane.faults
            assert await town.files_there(lane) == 1, lane.faults
            csv = (await town.client.files.content(job.result_files[0])).read()
            assert csv.startswith(b"step,"), lane.faults
            assert sorted(await town.steps(lane)) == list(range(1, csv.count(b"\n"))), lane.faults
            await town.model_answers(lane)
        await town.nothing_is_left()


@pytest.mark.timeout(120)
async def test_a_provider_that_trains_no_more_fails_the_job_with_what_to_do(settings: Settings, tmp_path: Path) -> None:
    closed, broken = Lane("jobs.create:training_not_available"), Lane("jobs.create:job_error=server_error")
    async with open_town(settings, [closed, broken], tmp_path) as town:
        for lane in town.lanes:
            await town.submit(lane)
        await town.house.start_worker()
        error = (await town.ends(closed)).error
        assert error is not None and error.code == "training_not_available"
        assert "winding down" in error.message
        assert f"TUNEYARD_PROVIDERS__{closed.name.upper()}__BASE_URL" in error.message
        assert await town.jobs_there(closed) == []
        error = (await town.ends(broken)).error
        assert error is not None and (error.code, error.message) == (
            "server_error",
            "The job failed with server_error. Submit it again.",
        )
        await town.nothing_is_left()


@pytest.mark.timeout(180)
async def test_a_job_that_is_cancelled_in_any_state_ends_here_and_there(settings: Settings, tmp_path: Path) -> None:
    uploading = Lane("files.create:hang=2*1")
    # It must still train when it is found, or there is nothing to cancel.
    landing = Lane("jobs.create:hang=2*1", config={"step_delay": 1})
    lost = Lane("jobs.create:drop_before*1")
    queued = Lane(config={"queue_delay": 60})
    running = Lane(config={"step_delay": 1})
    finishing = Lane("files.content:rate_limit=1*1")
    lanes = [uploading, landing, lost, queued, running, finishing]

    async with open_town(settings, lanes, tmp_path) as town:

        async def cancel(lane: Lane, stage: str, effect: str | None = None) -> str:
            await town.reaches(lane, stage)
            if effect is not None:
                await town.intends(lane, effect)
            with contextlib.suppress(openai.ConflictError) if stage == "finishing" else contextlib.nullcontext():
                await town.client.fine_tuning.jobs.cancel(lane.job_id)
                assert stage != "finishing", "what is trained cannot be cancelled"
            return (await town.ends(lane)).status

        for lane in lanes:
            await town.submit(lane)
        await town.house.start_worker()
        ends = await asyncio.gather(
            cancel(uploading, "uploading", "upload"),
            cancel(landing, "creating", "create"),
            cancel(lost, "creating", "create"),
            cancel(queued, "queued"),
            cancel(running, "running"),
            cancel(finishing, "finishing"),
        )
        assert list(ends) == ["cancelled"] * 5 + ["succeeded"]
        await town.nothing_is_left()
        assert await town.jobs_there(uploading) == await town.jobs_there(lost) == []
        for lane in (landing, queued, running):
            assert await town.jobs_there(lane) == [(lane.job_id, "cancelled")]
