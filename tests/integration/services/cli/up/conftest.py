"""A data folder whose path leaves room for a socket"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def short() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="up") as folder:
        yield Path(folder).resolve()
