"""Each process knows every table: foreign keys name tables by text, and a session that lacks one cannot write."""

import subprocess
import sys

import pytest

from shared.schema import METADATA

#: In a process of its own, as it runs: here every table is known already.
_LOOK = "import {door}; from sqlmodel import SQLModel; print(len(SQLModel.metadata.sorted_tables))"


@pytest.mark.parametrize("door", ["services.gateway.app", "services.notifier.app", "workers.app"])
def test_a_process_knows_every_table(door: str) -> None:
    looked = subprocess.run(
        [sys.executable, "-W", "error", "-c", _LOOK.format(door=door)], capture_output=True, text=True, check=False
    )
    assert (looked.stderr, looked.stdout.strip()) == ("", str(len(METADATA.tables)))
