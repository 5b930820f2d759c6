"""Drive each live job to its end: a child process for its files, one for its training."""

import asyncio
import base64
import json
import logging
import os
import shutil
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any

from services.trainer import children
from services.trainer.config import TrainerConfig
from services.trainer.engines.engine import Resolved, Step
from services.trainer.engines.registry import DEFAULT
from services.trainer.results import as_csv
from services.trainer.state.jobs import faults_of
from services.trainer.state.lifecycle import weights_name
from services.trainer.state.store import Store
from services.trainer.training import Order
from shared.catalogue import find
from shared.wire.files import FilePurpose
from shared.wire.jobs import JobError

log = logging.getLogger("tuneyard.trainer")
#: A training process that is killed is started again from its last checkpoint; so often in all.
ATTEMPTS = 3


class Runner:
    """One driver task for each live job; as many children train at a time as the settings allow."""

    def __init__(self, store: Store, config: TrainerConfig) -> None:
        self._store = store
        self._config = config
        self._drivers: dict[str, asyncio.Task[None]] = {}
        self._training = asyncio.Semaphore(config.concurrent_jobs)
        self._checking = asyncio.Semaphore(os.cpu_count() or 1)

    def start(self) -> None:
        """Take up every job that a former process left unfinished."""
        for job_id in self._store.jobs.live():
            self.submit(job_id)

    def submit(self, job_id: str) -> None:
        """Drive the job from where it stands."""
        task = asyncio.get_running_loop().create_task(self._drive(job_id), name=job_id)
        self._drivers[job_id] = task
        task.add_done_callback(lambda done: self._forget(job_id, done))

    async def stop(self, job_id: str) -> None:
        """Leave the job as it stands; its child is dead when this returns."""
        if task := self._drivers.get(job_id):
            task.cancel()
            await asyncio.wait({task})

    async def close(self) -> None:
        """Stop every driver. Running jobs stay `running` in the database and go on at the next start."""
        await asyncio.gather(*(self.stop(job_id) for job_id in list(self._drivers)))

    def _forget(self, job_id: str, done: asyncio.Task[None]) -> None:
        if self._drivers.get(job_id) is done:
            del self._drivers[job_id]

    async def _drive(self, job_id: str) -> None:
        try:
            await self._check(job_id)
            if self._row(job_id)["status"] == "queued":
                await asyncio.sleep(self._config.queue_delay)
            async with self._training:
                await self._train(job_id)
        except Exception as exc:
            log.exception("job.broke: %s", job_id)
            what = str(exc) if isinstance(exc, children.ChildDied) else type(exc).__name__
            message = (
                f"The training process ended unexpectedly ({what}); the trainer's log says why. Submit the job again."
            )
            self._store.lifecycle.failed(job_id, JobError(code="server_error", message=message))

    async def _check(self, job_id: str) -> None:
        if self._row(job_id)["status"] != "validating_files":
            return
        await asyncio.sleep(self._config.queue_delay)
        async with self._checking, aclosing(children.heard("check", self._order(job_id, "check"))) as batches:
            async for batch in batches:
                for line in batch:
                    self._checked(job_id, line)

    def _checked(self, job_id: str, line: dict[str, Any]) -> None:
        if line["kind"] == "refused":
            self._store.lifecycle.failed(job_id, JobError(**line["error"]))
        else:
            self._store.lifecycle.validated(job_id)

    async def _train(self, job_id: str) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            if not self._store.lifecycle.started(job_id):
                return  # Refused while it was checked: there is nothing to train.
            try:
                await self._train_once(job_id)
            except children.ChildDied as died:
                log.warning("job.training_died: %s, attempt %d, %s: %s", job_id, attempt, died, died.last_words)
                # What killed it from outside (memory, an operator) may be over; what it raised itself it would again.
                if attempt == ATTEMPTS or died.code > 0:
                    raise
            else:
                return

    async def _train_once(self, job_id: str) -> None:
        begun = time.monotonic()
        first: int | None = None
        async with aclosing(children.heard("train", self._order(job_id, "train"))) as batches:
            async for batch in batches:
                with self._store.db.transaction():
                    for line in batch:
                        self._heard(job_id, line)
                steps = [line for line in batch if line["kind"] == "step"]
                if steps:
                    first = steps[0]["step"] if first is None else first
                    self._estimate(job_id, begun, first, steps[-1])

    def _heard(self, job_id: str, line: dict[str, Any]) -> None:
        lifecycle = self._store.lifecycle
        said = {name: value for name, value in line.items() if name != "kind"}
        match line["kind"]:
            case "planned":
                lifecycle.planned(job_id, Resolved(**said))
            case "step":
                lifecycle.stepped(job_id, Step(**said))
            case "saved":
                self._saved(job_id, said)
            case "trained":
                self._finish(job_id, weights_name(self._store.folder, Path(said["weights"])))
            case "refused":
                lifecycle.failed(job_id, JobError(**said["error"]))

    def _estimate(self, job_id: str, begun: float, first: int, last: dict[str, Any]) -> None:
        pace = (time.monotonic() - begun) / (last["step"] - first + 1)
        self._store.lifecycle.estimated(job_id, time.time() + pace * (last["total_steps"] - last["step"]))

    def _saved(self, job_id: str, said: dict[str, Any]) -> None:
        weights, state = (weights_name(self._store.folder, Path(said[key])) for key in ("weights", "state"))
        self._drop_state(job_id, but=state)
        self._store.lifecycle.checkpointed(job_id, said["epoch"], Step(**said["step"]), weights, state)

    def _finish(self, job_id: str, weights: str) -> None:
        faults = faults_of(self._row(job_id))
        if broken := faults.get("job_error"):
            error = JobError(code=broken.value, message=f"The job failed with {broken.value}. Submit it again.")
            self._store.lifecycle.failed(job_id, error)
            return
        content = as_csv(self._store.jobs.steps(job_id)).encode()
        staged = self._store.files.folder / f"{job_id}.part"
        staged.write_bytes(base64.b64encode(content) if "result_base64" in faults else content)
        result = self._store.files.add(staged, "step_metrics.csv", FilePurpose.FINE_TUNE_RESULTS)
        self._store.lifecycle.succeeded(job_id, weights, result.id)
        self._drop_state(job_id)

    def _drop_state(self, job_id: str, but: str = "") -> None:
        state = self._row(job_id)["done_state"]
        if state and state != but:
            (self._store.folder / state).unlink(missing_ok=True)

    def _order(self, job_id: str, verb: str) -> Path:
        """Write what the child shall do; a checkpoint that is still there is where it goes on."""
        row = self._row(job_id)
        base = find(row["base"])
        assert base is not None
        asked = {key: None if value == "auto" else value for key, value in json.loads(row["hyperparameters"]).items()}
        files, validation = self._store.files, row["validation_file"]
        order = Order(
            engine=DEFAULT,
            model=base.name,
            forms=sorted(base.formats),
            training=str(files.path(row["training_file"])),
            validation=str(files.path(validation)) if validation else None,
            folder=str(self._store.job_folder(job_id)),
            bases=str(self._store.bases),
            spec={
                "encoding": base.encoding,
                "tokens_per_example": base.tokens_per_example,
                "seed": row["seed"],
                **asked,
            },
            step_delay=self._config.step_delay,
            **self._start(row),
        )
        path = self._store.job_folder(job_id) / f"{verb}.json"
        order.write(path)
        return path

    def _start(self, row: Any) -> dict[str, Any]:
        kept = [self._store.folder / row[key] for key in ("done_weights", "done_state") if row[key]]
        if row["done_epoch"] and all(path.exists() for path in kept):
            return {"start_weights": str(kept[0]), "start_state": str(kept[1]), "start_epoch": row["done_epoch"]}
        return {"start_weights": str(self._store.folder / row["start_weights"]) if row["start_weights"] else None}

    def _row(self, job_id: str) -> Any:
        return self._store.jobs.row(job_id)


def keep_start(store: Store, weights: Path, name: str) -> str:
    """Keep the weights that a job starts from, so that deleting their model does no harm; return the path."""
    folder = store.folder / "starts"
    folder.mkdir(exist_ok=True)
    kept = folder / name
    shutil.copyfile(weights, kept)
    return weights_name(store.folder, kept)
