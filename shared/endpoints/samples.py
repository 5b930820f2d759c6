"""What a test sends: a sample of each event, complete as a real one, and labelled as a test"""

from typing import Any

from shared.wire import jobs as wire
from shared.wire.files import File
from shared.wire.models import Model

_BASE = "gpt-4o-mini-2024-07-18"
_TUNED = f"ft:{_BASE}:tuneyard:sample:test"
_JOB = "ftjob-test"
_WHY = "invalid_training_file"
_HYPERPARAMETERS = {"n_epochs": 3, "batch_size": 1, "learning_rate_multiplier": 1.8}


def sample(event_type: str, project_id: str, at: int) -> dict[str, Any]:
    """Return the data of an event that never happened; `test` is true in it, and nothing in it can be fetched."""
    subject, _, happened = event_type.rpartition(".")
    match subject:
        case "fine_tuning.job":
            data = _job(happened, project_id, at)
        case "file":
            data = _file(happened, at)
        case "model":
            model = Model(id=_TUNED, created=at, owned_by=project_id).model_dump(mode="json")
            lineage = {"base_model": _BASE, "parent_model": None, "job_id": _JOB}
            data = {**model, "readiness": happened, "lineage": lineage, "metadata": {}}
        case _:
            data = {"id": f"{subject}_test", "object": subject, "status": happened}
    return {**data, "test": True}


def _job(happened: str, project_id: str, at: int) -> dict[str, Any]:
    over, won = happened in {"succeeded", "failed", "cancelled"}, happened == "succeeded"
    error = wire.JobError(code=_WHY, message="This is a test: no job has failed.") if happened == "failed" else None
    job = wire.Job(
        id=_JOB,
        model=_BASE,
        created_at=at - 600,
        finished_at=at if over else None,
        fine_tuned_model=_TUNED if won else None,
        organization_id=project_id,
        result_files=["file-test"] if won else [],
        status="validating_files" if happened == "created" else happened,
        training_file="file-test",
        hyperparameters=_HYPERPARAMETERS,
        trained_tokens=11_151 if won else None,
        error=error if happened == "failed" else None,
        user_provided_suffix="sample",
        seed=42,
        metadata={},
        method={"type": "supervised", "supervised": {"hyperparameters": _HYPERPARAMETERS}},
    ).model_dump(mode="json")
    return {**job, "stage": happened, "lineage": {"base_model": _BASE, "parent_model": None}}


def _file(happened: str, at: int) -> dict[str, Any]:
    details = None if happened == "processed" else "This is a test: no file has errors."
    shown = File(
        id="file-test",
        bytes=20_771,
        created_at=at,
        filename="sample.jsonl",
        purpose="fine-tune",
        status=happened,
        status_details=details,
    )
    return shown.model_dump(mode="json")
