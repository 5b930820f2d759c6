"""One `tuneyard up` for all end-to-end tests of a process: the product as a newcomer starts it."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
#: Seconds. The first start makes a database; two busy cores have needed 15.
_START_LIMIT = 90


@dataclass(frozen=True)
class Service:
    """Where a running `up` listens, and its key."""

    gateway: str
    trainer: str
    key: str


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    # Not under pytest's folder: a socket's path has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="e2e") as folder:
        data_dir, log = Path(folder) / "data", Path(folder) / "log"
        port, trainer_port = _free_port(), _free_port()
        command = [sys.executable, "-m", "services.cli.main", "up", "--data-dir", str(data_dir), "--workers", "1"]
        command += ["--port", str(port), "--trainer-port", str(trainer_port)]
        with log.open("wb") as out:
            process = subprocess.Popen(command, env=_environment(trainer_port), stdout=out, stderr=out, cwd=_ROOT)
        try:
            yield _ready(process, log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _environment(trainer_port: int) -> dict[str, str]:
    """Return an environment in which the trainer is looked at often: its jobs take a second, not minutes."""
    provider = "TUNEYARD_PROVIDERS__DEFAULT__"
    ours = {
        f"{provider}BASE_URL": f"http://127.0.0.1:{trainer_port}/v1",
        f"{provider}API_KEY": "local",
        f"{provider}SETTLE_SECONDS": "5",
        f"{provider}POLL_SECONDS": "0.2",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TUNEYARD_")}
    return {**kept, "PYTHONPATH": str(_ROOT), **ours}


def _ready(process: "subprocess.Popen[bytes]", log: Path) -> Service:
    deadline = time.monotonic() + _START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text().splitlines():
            if '"up.ready"' in line:
                said = json.loads(line)
                return Service(said["address"], said["trainer"], said["api_key"])
        time.sleep(0.1)
    raise AssertionError(f"up was not ready:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
