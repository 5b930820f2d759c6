"""`make demo` as a newcomer runs it. Costs about 15 s on an idle machine: a whole `up`, and one job."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(240)
def test_the_demo_shows_all_of_it_and_leaves_nothing_behind() -> None:
    # A folder of its own, so that what is left can be counted; short, because a socket's path has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="d") as folder:
        command = [sys.executable, "-m", "services.cli.demo"]
        environment = {**os.environ, "PYTHONPATH": str(_ROOT), "TMPDIR": folder, "PYTHONIOENCODING": "utf-8"}
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert list(Path(folder).iterdir()) == []
    assert "✗" not in ended.stdout and "\x1b" not in ended.stdout
    for word in (
        "Valid: 0 errors",
        "= $0.033",
        "training loss",
        "Tokyo",
        "webhook-signature: v1,",
        "All of it happened",
    ):
        assert word in ended.stdout
    assert _processes_in(folder) == []


def _processes_in(folder: str) -> list[str]:
    """Return the command lines of processes that were started for the folder (Linux)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in line:
            found.append(line)
    return found
