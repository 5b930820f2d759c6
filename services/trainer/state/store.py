"""Open all that a data directory holds."""

from pathlib import Path

from services.trainer.state.database import Database
from services.trainer.state.files import Files
from services.trainer.state.jobs import Jobs
from services.trainer.state.lifecycle import Lifecycle
from services.trainer.state.models import Models


class Store:
    """Files, jobs and models under one folder; close it when done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
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
