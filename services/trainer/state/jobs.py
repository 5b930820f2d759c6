"""Jobs, their events and their checkpoints: read, and shown as the API shows them."""

import json
import sqlite3
from typing import Any

from services.trainer.faults import Fault, parse
from services.trainer.state.database import Database
from shared.wire.errors import ApiError
from shared.wire.jobs import Checkpoint, Job, JobEvent

ORGANIZATION = "org-tuneyard"
#: Statuses in which a driver has something to do. `paused` waits for a person.
LIVE = ("validating_files", "queued", "running")


class Jobs:
    """What can be asked about jobs. Their state is written in lifecycle.py only."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def row(self, job_id: str) -> sqlite3.Row:
        """Return the job's row; raises ApiError 404."""
        row = self._db.one("SELECT * FROM jobs WHERE id = ?", job_id)
        if row is None:
            message = f"Could not find fine tune: {job_id}"
            raise ApiError(message, status=404, code="fine_tune_not_found", param="fine_tune_id")
        return row

    def live(self) -> list[str]:
        """Return the jobs that a driver must care for, in the order in which they shall train."""
        first = "SELECT id FROM jobs WHERE status IN (?, ?, ?) ORDER BY status != 'running', seq"
        return [row["id"] for row in self._db.every(first, *LIVE)]

    def page(
        self, *, limit: int, after: str | None, metadata: dict[str, str] | None, without_metadata: bool
    ) -> tuple[list[sqlite3.Row], bool]:
        """Return jobs, newest first, that have all pairs of `metadata`."""
        where, values = "1", list[Any]()
        if without_metadata:
            where = "metadata IS NULL"
        for key, value in (metadata or {}).items():
            where += " AND EXISTS (SELECT 1 FROM json_each(jobs.metadata) WHERE key = ? AND value = ?)"
            values += [key, value]
        return self._db.page("jobs", where, values, limit=limit, after=self.row(after)["seq"] if after else None)

    def events(self, job_id: str, *, limit: int, after: str | None) -> tuple[list[dict[str, Any]], bool]:
        rows, more = self._of_job("events", job_id, limit, after)
        return [_event(row) for row in rows], more

    def checkpoints(self, job_id: str, *, limit: int, after: str | None) -> tuple[list[dict[str, Any]], bool]:
        rows, more = self._of_job("checkpoints", job_id, limit, after)
        return [_checkpoint(row) for row in rows], more

    def steps(self, job_id: str) -> list[dict[str, Any]]:
        """Return the data of every metrics event, in the order of the steps."""
        rows = self._db.every("SELECT data FROM events WHERE job_id = ? AND type = 'metrics' ORDER BY seq", job_id)
        return [json.loads(row["data"]) for row in rows]

    def _of_job(self, table: str, job_id: str, limit: int, after: str | None) -> tuple[list[sqlite3.Row], bool]:
        self.row(job_id)
        last = None
        if after:
            last = self._db.one(f"SELECT seq FROM {table} WHERE job_id = ? AND id = ?", job_id, after)  # noqa: S608
            if last is None:
                raise ApiError(f"after: {job_id} has no {after} among its {table}.", param="after")
        return self._db.page(table, "job_id = ?", [job_id], limit=limit, after=last["seq"] if last else None)


def faults_of(row: sqlite3.Row) -> dict[str, Fault]:
    """Return the faults that stay with a job."""
    return {fault.name: fault for fault in parse(row["faults"])}


def show(row: sqlite3.Row, now_met: dict[str, Fault] | None = None) -> dict[str, Any]:
    """Return the job for the wire; faults of the job and of the request may bend it as real servers do."""
    hyperparameters = json.loads(row["hyperparameters"])
    names = ("id", "model", "created_at", "finished_at", "fine_tuned_model", "status", "validation_file")
    names += ("training_file", "seed", "estimated_finish")  # type: ignore[assignment]
    job = Job(
        **{name: row[name] for name in names},
        organization_id=ORGANIZATION,
        result_files=[row["result_file"]] if row["result_file"] else [],
        hyperparameters=hyperparameters,
        trained_tokens=row["trained_tokens"],
        error=json.loads(row["error"]) if row["error"] else None,
        user_provided_suffix=row["suffix"],
        metadata=json.loads(row["metadata"]) if row["metadata"] else None,
        method={"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
    ).model_dump()
    faults = faults_of(row) | (now_met or {})
    if "error_empty" in faults and job["error"] is None:
        job["error"] = {}
    if "unknown_status" in faults and job["status"] == "running":
        job["status"] = faults["unknown_status"].value
    return job


def _event(row: sqlite3.Row) -> dict[str, Any]:
    names = ("id", "created_at", "level", "message", "type")
    data = json.loads(row["data"]) if row["data"] else None
    # The specification's `data` is an object; where there is none, it is left out.
    return JobEvent(**{name: row[name] for name in names}, data=data).model_dump(exclude_none=True)


def _checkpoint(row: sqlite3.Row) -> dict[str, Any]:
    return Checkpoint(
        id=row["id"],
        created_at=row["created_at"],
        fine_tuning_job_id=row["job_id"],
        fine_tuned_model_checkpoint=row["model"],
        step_number=row["step"],
        metrics=json.loads(row["metrics"]),
    ).model_dump()
