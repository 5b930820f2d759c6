"""Files: a row here and the bytes in a folder, under the file's id."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from services.trainer.state.database import Database
from shared.wire import ids
from shared.wire.files import File, FilePurpose, FileStatus


class Files:
    """The files of one data directory."""

    def __init__(self, db: Database, folder: Path) -> None:
        self._db = db
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for part in folder.glob("*.part"):  # an upload that a dead process left behind
            part.unlink()

    def path(self, file_id: str) -> Path:
        return self.folder / file_id

    def add(
        self, staged: Path, filename: str, purpose: FilePurpose, *, expires_at: int | None = None, ready_in: float = 0
    ) -> File:
        """Take over a file that was written aside in `folder`."""
        file_id = ids.new("file-")
        size = staged.stat().st_size
        staged.replace(self.path(file_id))
        now = time.time()
        self._db.insert(
            "files", id=file_id, filename=filename, purpose=purpose.value, bytes=size, created_at=int(now),
            expires_at=expires_at, ready_at=now + ready_in,
        )  # fmt: skip
        found = self.find(file_id)
        assert found is not None
        return found

    def find(self, file_id: str) -> File | None:
        row = self._row(file_id)
        return _shown(row) if row else None

    def page(
        self, *, purpose: str | None, limit: int, after: str | None, ascending: bool
    ) -> tuple[list[dict[str, Any]], bool]:
        where, values = "(expires_at IS NULL OR expires_at > ?)", list[Any]([time.time()])
        if purpose is not None:
            where, values = where + " AND purpose = ?", [*values, purpose]
        last = self._row(after) if after else None
        rows, more = self._db.page(
            "files", where, values, limit=limit, after=last["seq"] if last else None, ascending=ascending
        )
        return [show(_shown(row)) for row in rows], more

    def remove(self, file_id: str) -> bool:
        removed = self._db.run("DELETE FROM files WHERE id = ?", file_id) > 0
        if removed:
            self.path(file_id).unlink(missing_ok=True)
        return removed

    def _row(self, file_id: str) -> sqlite3.Row | None:
        alive = "SELECT * FROM files WHERE id = ? AND (expires_at IS NULL OR expires_at > ?)"
        return self._db.one(alive, file_id, time.time())


def show(file: File) -> dict[str, Any]:
    """Return the file for the wire: the specification has no null in its optional fields, so they are left out."""
    return file.model_dump(exclude_none=True)


def _shown(row: sqlite3.Row) -> File:
    ready = row["ready_at"] <= time.time()
    fields = {name: row[name] for name in ("id", "bytes", "created_at", "filename", "purpose", "expires_at")}
    return File(**fields, status=FileStatus.PROCESSED if ready else FileStatus.UPLOADED)
