"""Open all that a data directory holds."""

import fcntl
from pathlib import Path

from services.trainer.state.database import Database
from services.trainer.state.files import Files
from services.trainer.state.jobs import Jobs
from services.trainer.state.lifecycle import Lifecycle
from services.trainer.state.models import Models


class DataDirInUse(RuntimeError):
    """Two trainers on one folder would train each job twice."""


class Store:
    """Files, jobs and models under one folder; close it when done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            self._lock.close()
            raise DataDirInUse(
                f"{self.folder} is in use by another trainer. Stop it, or name another data_dir."
            ) from exc
        #: Where the engine keeps what it has learned before any job.
        self.bases = self.folder / "bases"
        self.db = Database(self.folder / "trainer.sqlite")
        self.files = Files(self.db, self.folder / "files")
        self.models = Models(self.db, self.folder)
        self.jobs = Jobs(self.db)
        self.lifecycle = Lifecycle(self.db, self.models)

    def job_folder(self, job_id: str) -> Path:
        """Return the job's own folder, which is made if it is missing."""
        folder = self.folder / "jobs" / job_id
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def close(self) -> None:
        self.db.close()
        self._lock.close()
