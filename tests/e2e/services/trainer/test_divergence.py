"""A training whose numbers run away is a failed job that says so, and no model."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.services.trainer.conftest import Process, Trainer


@pytest.mark.parametrize("model", ["gpt-3.5-turbo", "davinci-002"])
async def test_a_job_that_diverges_fails_with_the_step_the_multiplier_and_what_to_do(
    model: str, trainer: "Trainer"
) -> None:
    lines = b'{"prompt": "Spain?", "completion": "Madrid."}\n' * 12
    asked = {"training_file": await trainer.upload(lines)} if model == "davinci-002" else {}
    job = await trainer.create(model=model, hyperparameters={"learning_rate_multiplier": 1e308}, **asked)
    ended = await trainer.ended(job.id)
    assert (ended.status, ended.fine_tuned_model, ended.result_files) == ("failed", None, [])
    assert ended.error is not None
    assert ended.error.code == "training_diverged"
    for words in ("at step 1 of ", "learning_rate_multiplier 1e+308", "smaller", '"auto"'):
        assert words in ended.error.message
    events = await trainer.client.fine_tuning.jobs.list_events(job.id)
    assert [event.message for event in events.data if event.level == "error"] == [ended.error.message]
    assert (await trainer.client.fine_tuning.jobs.checkpoints.list(job.id)).data == []
    listed = (await trainer.client.models.list()).data
    assert [one.id for one in listed if one.id.startswith("ft:")] == []


async def test_numpy_does_not_warn_into_the_logs_and_the_trainer_goes_on(
    process: "Callable[..., Process]",
) -> None:
    server = process()
    trainer = await server.begin()
    job = await trainer.create(hyperparameters={"learning_rate_multiplier": 1e308})
    assert (await trainer.ended(job.id)).status == "failed"
    written = [log.read_text() for log in (server.folder / "jobs" / job.id).glob("*.log")]
    assert written
    assert not any(written)
    assert await trainer.say(str((await trainer.trained()).fine_tuned_model))


def leave_unfinished(folder: Path) -> Path:
    left = folder / "bases" / "learning-0a1b2c"
    left.mkdir(parents=True)
    (left / "step-1.npz").write_bytes(b"half")
    return left


async def test_a_start_removes_what_a_killed_process_was_learning(process: "Callable[..., Process]") -> None:
    server = process()
    left = leave_unfinished(server.folder)
    await server.begin()
    assert left not in set(left.parent.iterdir())
