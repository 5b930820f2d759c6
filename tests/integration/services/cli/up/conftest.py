"""Data folders whose paths leave room for a socket"""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.up.account import server_account
from services.cli.up.postgres import Postgres


@pytest.fixture
def empty() -> Iterator[Path]:
    """A folder with nothing in it: the first start makes everything."""
    with tempfile.TemporaryDirectory(prefix="up") as folder:
        yield Path(folder).resolve()


@pytest.fixture
def data_dir(empty: Path, made_database: Path) -> Path:
    """A folder in which the database is made already, as on every start but the first."""
    subprocess.run(["cp", "-a", made_database, empty / "postgres"], check=True)
    return empty


@pytest.fixture(scope="session")
def made_database() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="up") as folder:
        data = Path(folder) / "postgres"
        Postgres(data, Path(folder), server_account(data), durable=False).initialise()
        yield data
