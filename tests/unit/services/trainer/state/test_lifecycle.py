"""A job moves along legal arrows only, and nothing is told twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.trainer.engines.engine import Step
from services.trainer.state.jobs import show
from services.trainer.state.store import DataDirInUse, Store
from shared.wire.errors import ApiError
from shared.wire.jobs import JobError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "data")
    yield store
    store.close()


def new_job(store: Store, *, suffix: str | None = None, faults: str = "", metadata: str | None = None) -> str:
    return store.lifecycle.create(
        base="gpt-4o-mini-2024-07-18", model="gpt-4o-mini-2024-07-18", suffix=suffix,
        hyperparameters={"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"},
        training_file="file-a", validation_file=None, seed=1, metadata=metadata, faults=faults, start_weights=None,
    )  # fmt: skip


def messages(store: Store, job_id: str) -> list[str]:
    return [event["message"] for event in store.jobs.events(job_id, limit=100, after=None)[0]]


def weights(store: Store, job_id: str, step: int) -> tuple[str, str]:
    for kind in ("npz", "adagrad"):
        (store.job_folder(job_id) / f"step-{step}.{kind}").write_bytes(b"x")
    return f"jobs/{job_id}/step-{step}.npz", f"jobs/{job_id}/step-{step}.adagrad"


#: moves before, the move, allowed, remark
ARROWS = [
    (["validated"], "validated", False, "only once"),
    ([], "started", False, "not before its files are checked"),
    (["validated", "started"], "started", True, "again, after a restart"),
    ([], "paused", False, "not while its files are checked"),
    (["validated"], "paused", True, "while it waits"),
    (["validated", "paused"], "resumed", True, "back to the queue"),
    (["validated"], "resumed", False, "it was not paused"),
    (["validated", "paused"], "cancelled", True, "while it is paused"),
    (["cancelled"], "cancelled", False, "it has ended"),
    (["cancelled"], "started", False, "a cancelled job does not start"),
]


@pytest.mark.parametrize(("before", "move", "allowed", "remark"), ARROWS, ids=[f"{a[1]}: {a[3]}" for a in ARROWS])
def test_only_legal_moves_move(store: Store, before: list[str], move: str, allowed: bool, remark: str) -> None:  # noqa: FBT001 (a table's column)
    job_id = new_job(store)
    for earlier in before:
        assert getattr(store.lifecycle, earlier)(job_id)
    status, told = store.jobs.row(job_id)["status"], messages(store, job_id)
    assert getattr(store.lifecycle, move)(job_id) is allowed
    if not allowed:
        assert store.jobs.row(job_id)["status"] == status
        assert messages(store, job_id) == told


def test_a_step_told_twice_is_one_event(store: Store) -> None:
    job_id = new_job(store)
    for _ in range(2):
        store.lifecycle.stepped(job_id, Step(1, 10, 2.5, 0.5, valid_loss=3.0, valid_mean_token_accuracy=0.25))
    assert messages(store, job_id)[0] == "Step 1/10: training loss=2.50, validation loss=3.00"
    assert store.jobs.steps(job_id) == [
        {"step": 1, "total_steps": 10, "train_loss": 2.5, "train_mean_token_accuracy": 0.5,
         "valid_loss": 3.0, "valid_mean_token_accuracy": 0.25}
    ]  # fmt: skip


def test_the_last_three_checkpoints_stay_with_the_names_they_got_first(store: Store) -> None:
    job_id = new_job(store, suffix="my suffix/1")
    names = []
    for epoch in (1, 2, 3, 4, 4):
        step = Step(epoch * 5, 20, 1.0, 0.5)
        store.lifecycle.checkpointed(job_id, epoch, step, *weights(store, job_id, step.step))
        names.append(store.jobs.checkpoints(job_id, limit=10, after=None)[0][0]["fine_tuned_model_checkpoint"])
    kept, _ = store.jobs.checkpoints(job_id, limit=10, after=None)
    assert [checkpoint["step_number"] for checkpoint in kept] == [20, 15, 10]
    assert names[3] == names[4]
    assert names[0].startswith("ft:gpt-4o-mini-2024-07-18:tuneyard:my-suffix-1:")
    assert names[0].endswith(":ckpt-step-5")
    assert not (store.job_folder(job_id) / "step-5.npz").exists()
    with pytest.raises(ApiError):
        store.models.get(names[0])
    assert store.models.get(names[3]).weights == store.job_folder(job_id) / "step-20.npz"


def test_success_offers_the_model_under_the_reserved_name_once(store: Store) -> None:
    job_id = new_job(store)
    store.lifecycle.validated(job_id)
    store.lifecycle.started(job_id)
    path, _ = weights(store, job_id, 5)
    assert store.lifecycle.succeeded(job_id, path, "file-r")
    assert not store.lifecycle.succeeded(job_id, path, "file-r2")
    job = show(store.jobs.row(job_id))
    assert job["fine_tuned_model"].startswith("ft:gpt-4o-mini-2024-07-18:tuneyard::")
    assert job["result_files"] == ["file-r"]
    assert job["finished_at"] is not None
    assert job["estimated_finish"] is None
    assert store.models.get(job["fine_tuned_model"]).base.name == "gpt-4o-mini-2024-07-18"
    assert messages(store, job_id)[0] == "The job has successfully completed"


def test_weights_go_with_the_last_name_that_they_have(store: Store) -> None:
    job_id = new_job(store)
    path, _ = weights(store, job_id, 5)
    store.models.add("ft:gpt-4o-mini:tuneyard::a", "gpt-4o-mini-2024-07-18", path)
    store.models.add("ft:gpt-4o-mini:tuneyard::b", "gpt-4o-mini-2024-07-18", path)
    store.models.remove("ft:gpt-4o-mini:tuneyard::a")
    assert (store.folder / path).exists()
    store.models.remove("ft:gpt-4o-mini:tuneyard::b")
    assert not (store.folder / path).exists()


def test_failure_keeps_the_reason(store: Store) -> None:
    job_id = new_job(store)
    store.lifecycle.failed(job_id, JobError(code="invalid_n_examples", message="too few", param="training_file"))
    job = show(store.jobs.row(job_id))
    assert job["error"] == {"code": "invalid_n_examples", "message": "too few", "param": "training_file"}
    assert store.jobs.live() == []


def test_running_jobs_are_taken_up_first_then_the_oldest(store: Store) -> None:
    first, second, third = (new_job(store) for _ in range(3))
    store.lifecycle.cancelled(second)
    store.lifecycle.validated(third)
    store.lifecycle.started(third)
    assert store.jobs.live() == [third, first]


def test_metadata_filters_by_all_pairs_and_by_none(store: Store) -> None:
    both, one = new_job(store, metadata='{"a.b": "1", "c": ""}'), new_job(store, metadata='{"a.b": "1"}')
    none = new_job(store)

    def found(metadata: dict[str, str] | None = None, *, without: bool = False) -> list[str]:
        rows, _ = store.jobs.page(limit=10, after=None, metadata=metadata, without_metadata=without)
        return [row["id"] for row in rows]

    assert found() == [none, one, both]
    assert found({"a.b": "1"}) == [one, both]
    assert found({"a.b": "1", "c": ""}) == [both]
    assert found({"c": "1"}) == []
    assert found(without=True) == [none]


def test_two_trainers_on_one_folder_are_refused(store: Store) -> None:
    with pytest.raises(DataDirInUse, match="in use by another trainer"):
        Store(store.folder)


def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    before = Store(tmp_path)
    job_id = new_job(before)
    before.close()
    after = Store(tmp_path)
    assert after.jobs.row(job_id)["status"] == "validating_files"
    after.close()
