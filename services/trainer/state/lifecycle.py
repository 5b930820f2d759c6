"""The only writer of a job's state: each move checks where the job stands and tells of it in the same transaction."""

import json
import secrets
import string
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.trainer.engines.engine import Resolved, Step
from services.trainer.state.database import Database
from services.trainer.state.jobs import faults_of
from services.trainer.state.models import Models
from shared.wire import ids
from shared.wire.jobs import JobError

#: How many checkpoints a job keeps (openai-api-facts 3.5).
KEPT_CHECKPOINTS = 3
_LETTERS = string.ascii_letters + string.digits


class Lifecycle:
    """Moves of jobs. A move that the job's status does not allow changes nothing and returns False."""

    def __init__(self, db: Database, models: Models) -> None:
        self._db = db
        self._models = models

    def create(self, *, base: str, suffix: str | None, hyperparameters: dict[str, Any], **columns: Any) -> str:
        """Record a new job, in `validating_files`; return its id."""
        job_id = ids.new("ftjob-")
        with self._db.transaction():
            self._db.insert(
                "jobs", id=job_id, created_at=int(time.time()), status="validating_files", base=base, suffix=suffix,
                hyperparameters=json.dumps(hyperparameters), reserved_name=_model_name(base, suffix), **columns,
            )  # fmt: skip
            self._tell(job_id, "created", f"Created fine-tuning job: {job_id}")
            both = f" and validation file: {columns['validation_file']}" if columns["validation_file"] else ""
            self._tell(job_id, "validating", f"Validating training file: {columns['training_file']}{both}")
        return job_id

    def validated(self, job_id: str) -> bool:
        with self._db.transaction():
            moved = self._move(job_id, "queued", from_=("validating_files",))
            if moved:
                self._tell(job_id, "validated", "Files validated, moving job to queued state")
        return moved

    def started(self, job_id: str) -> bool:
        """Begin, or go on after a restart of the process."""
        with self._db.transaction():
            moved = self._move(job_id, "running", from_=("queued", "running"))
            if moved:
                self._tell(job_id, "started", "Fine-tuning job started")
        return moved

    def planned(self, job_id: str, resolved: Resolved) -> None:
        chosen = {name: getattr(resolved, name) for name in ("n_epochs", "batch_size", "learning_rate_multiplier")}
        with self._db.transaction():
            self._db.run(
                "UPDATE jobs SET hyperparameters = ?, total_steps = ?, billed_tokens = ? WHERE id = ?",
                json.dumps(chosen), resolved.total_steps, resolved.trained_tokens, job_id,
            )  # fmt: skip
            if resolved.dropped:
                which = ", ".join(map(str, resolved.dropped[:10])) + (", …" if len(resolved.dropped) > 10 else "")
                message = f"{len(resolved.dropped)} example(s) have no token to train on and are left out: {which}"
                self._tell(job_id, "dropped", message, level="warn")

    def stepped(self, job_id: str, step: Step) -> None:
        message = f"Step {step.step}/{step.total_steps}: training loss={step.train_loss:.2f}"
        if step.full_valid_loss is not None:
            message += f", full validation loss={step.full_valid_loss:.2f}"
        elif step.valid_loss is not None:
            message += f", validation loss={step.valid_loss:.2f}"
        data = {name: value for name, value in asdict(step).items() if value is not None}
        self._tell(job_id, f"step:{step.step}", message, data=data)

    def checkpointed(self, job_id: str, epoch: int, step: Step, weights: str, state: str) -> None:
        """Offer the weights of an epoch as a model, keep the last three, and remember where to go on."""
        metrics = {name: value for name, value in asdict(step).items() if value is not None and name != "total_steps"}
        with self._db.transaction():
            job = self._db.one("SELECT base, suffix FROM jobs WHERE id = ?", job_id)
            assert job is not None
            name = f"{_model_name(job['base'], job['suffix'])}:ckpt-step-{step.step}"
            new = self._db.insert(
                "checkpoints", or_ignore=True, id=ids.new("ftckpt_"), job_id=job_id, created_at=int(time.time()),
                model=name, step=step.step, metrics=json.dumps(metrics),
            )  # fmt: skip
            if new:
                self._models.add(name, job["base"], weights)
                message = f"Checkpoint created at step {step.step} with Snapshot ID: {name}"
                self._tell(job_id, f"checkpoint:{step.step}", message)
            self._db.run(
                "UPDATE jobs SET done_epoch = ?, done_weights = ?, done_state = ? WHERE id = ?",
                epoch, weights, state, job_id,
            )  # fmt: skip
            self._forget_old_checkpoints(job_id)

    def estimated(self, job_id: str, at: float) -> None:
        self._db.run("UPDATE jobs SET estimated_finish = ? WHERE id = ? AND status = 'running'", int(at), job_id)

    def succeeded(self, job_id: str, weights: str, result_file: str) -> bool:
        with self._db.transaction():
            if not self._move(job_id, "succeeded", from_=("running",)):
                return False
            job = self._db.one("SELECT * FROM jobs WHERE id = ?", job_id)
            assert job is not None
            name = job["reserved_name"]
            self._db.run(
                "UPDATE jobs SET fine_tuned_model = ?, result_file = ?, trained_tokens = billed_tokens WHERE id = ?",
                name, result_file, job_id,
            )  # fmt: skip
            late = faults_of(job).get("model_not_ready")
            self._models.add(name, job["base"], weights, ready_in=late.seconds if late else 0)
            self._tell(job_id, "model", f"New fine-tuned model created: {name}")
            self._tell(job_id, "succeeded", "The job has successfully completed")
        return True

    def failed(self, job_id: str, error: JobError) -> bool:
        with self._db.transaction():
            moved = self._move(job_id, "failed", from_=("validating_files", "queued", "running"))
            if moved:
                self._db.run("UPDATE jobs SET error = ? WHERE id = ?", error.model_dump_json(), job_id)
                self._tell(job_id, "failed", error.message, level="error")
        return moved

    def cancelled(self, job_id: str) -> bool:
        with self._db.transaction():
            moved = self._move(job_id, "cancelled", from_=("validating_files", "queued", "running", "paused"))
            if moved:
                self._tell(job_id, "cancelled", "The job was cancelled")
        return moved

    def paused(self, job_id: str) -> bool:
        with self._db.transaction():
            moved = self._move(job_id, "paused", from_=("queued", "running"))
            if moved:
                self._tell(job_id, f"paused:{ids.new('')}", "The job was paused")
        return moved

    def resumed(self, job_id: str) -> bool:
        with self._db.transaction():
            moved = self._move(job_id, "queued", from_=("paused",))
            if moved:
                self._tell(job_id, f"resumed:{ids.new('')}", "The job was resumed, moving job to queued state")
        return moved

    def _move(self, job_id: str, to: str, *, from_: tuple[str, ...]) -> bool:
        final = to in ("succeeded", "failed", "cancelled")
        marks = ", ".join("?" * len(from_))
        move = (
            f"UPDATE jobs SET status = ?, finished_at = ?, estimated_finish = NULL WHERE id = ? AND status IN ({marks})"  # noqa: S608 (question marks)
        )
        return self._db.run(move, to, int(time.time()) if final else None, job_id, *from_) > 0

    def _tell(
        self, job_id: str, key: str, message: str, *, level: str = "info", data: dict[str, Any] | None = None
    ) -> None:
        """Write an event; the key makes telling it again, after a restart, no second event."""
        self._db.insert(
            "events", or_ignore=True, id=ids.new("ftevent-"), job_id=job_id, key=key, created_at=int(time.time()),
            level=level, message=message, type="message" if data is None else "metrics",
            data=None if data is None else json.dumps(data),
        )  # fmt: skip

    def _forget_old_checkpoints(self, job_id: str) -> None:
        rows = self._db.every("SELECT * FROM checkpoints WHERE job_id = ? ORDER BY step DESC", job_id)
        for row in rows[KEPT_CHECKPOINTS:]:
            self._db.run("DELETE FROM checkpoints WHERE id = ?", row["id"])
            self._models.remove(row["model"])


def _model_name(base: str, suffix: str | None) -> str:
    kept = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in suffix or "")
    return f"ft:{base}:tuneyard:{kept}:" + "".join(secrets.choice(_LETTERS) for _ in range(8))


def weights_name(folder: Path, weights: Path) -> str:
    """Return the path of weights as the database keeps it: under the data directory, so that it can be moved."""
    return weights.relative_to(folder).as_posix()
