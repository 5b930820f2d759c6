"""Open the trainer's SQLite database and read it a page at a time."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS files (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, filename TEXT NOT NULL, purpose TEXT NOT NULL,
    bytes INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, ready_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, status TEXT NOT NULL,
    model TEXT NOT NULL, base TEXT NOT NULL, training_file TEXT NOT NULL, validation_file TEXT, suffix TEXT,
    seed INTEGER NOT NULL, hyperparameters TEXT NOT NULL, metadata TEXT, faults TEXT NOT NULL,
    reserved_name TEXT NOT NULL, start_weights TEXT,
    done_epoch INTEGER NOT NULL DEFAULT 0, done_weights TEXT, done_state TEXT,
    total_steps INTEGER, trained_tokens INTEGER, estimated_finish INTEGER,
    finished_at INTEGER, fine_tuned_model TEXT, result_file TEXT, billed_tokens INTEGER, error TEXT);
CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status);
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, job_id TEXT NOT NULL REFERENCES jobs (id),
    key TEXT NOT NULL, created_at INTEGER NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL, type TEXT NOT NULL,
    data TEXT, UNIQUE (job_id, key));
CREATE INDEX IF NOT EXISTS events_of_job ON events (job_id, seq);
CREATE TABLE IF NOT EXISTS checkpoints (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, job_id TEXT NOT NULL REFERENCES jobs (id),
    created_at INTEGER NOT NULL, model TEXT NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL,
    UNIQUE (job_id, step));
CREATE TABLE IF NOT EXISTS models (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, base TEXT NOT NULL, created INTEGER NOT NULL,
    weights TEXT NOT NULL, ready_at REAL NOT NULL);
"""


class Database:
    """One connection, used from the event loop's thread only. What a statement wrote survives SIGKILL."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        # WAL with NORMAL: a commit survives the death of the process; a power cut may take the last ones with it.
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all that is written inside, or nothing; inside another transaction, join it."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def run(self, sql: str, *values: Any) -> int:
        """Write; return the number of rows."""
        return self._connection.execute(sql, values).rowcount

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def every(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self._connection.execute(sql, values).fetchall()

    def page(
        self, table: str, where: str, values: list[Any], *, limit: int, after: int | None, ascending: bool = False
    ) -> tuple[list[sqlite3.Row], bool]:
        """Return up to `limit` rows beyond the row `after` (its `seq`), newest first, and whether more follow."""
        beyond = f" AND seq {'>' if ascending else '<'} ?" if after is not None else ""
        order = "ASC" if ascending else "DESC"
        rows = self.every(
            f"SELECT * FROM {table} WHERE {where}{beyond} ORDER BY seq {order} LIMIT ?",  # noqa: S608 (our own words)
            *values, *([after] if after is not None else []), limit + 1,
        )  # fmt: skip
        return rows[:limit], len(rows) > limit

    def insert(self, table: str, *, or_ignore: bool = False, **values: Any) -> bool:
        """Insert a row; `or_ignore` returns False where one with the same key stands already."""
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        verb = "INSERT OR IGNORE" if or_ignore else "INSERT"
        return self.run(f"{verb} INTO {table} ({names}) VALUES ({marks})", *values.values()) > 0
