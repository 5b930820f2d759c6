"""`tuneyard up` itself: the real parts answer, and nothing is left"""

import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.integration.services.cli.up.running import running, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def _command(data_dir: Path) -> list[str]:
    options = ["--data-dir", str(data_dir), "--port", "0", "--trainer-port", "0", "--workers", "1"]
    return [sys.executable, "-m", "services.cli.main", "up", *options]


def _status(address: str, key: str) -> int:
    request = urllib.request.Request(f"{address}/models", headers={"Authorization": f"Bearer {key}"})  # noqa: S310
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - an address of ours
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


def test_the_parts_answer_and_a_kill_leaves_nothing_but_the_data(data_dir: Path) -> None:
    with running(data_dir, command=_command) as up:
        first = up.wait_for("up.ready")
        assert _status(first["address"], first["api_key"]) == 200
        assert _status(first["address"], "ty_wrong") == 401
        assert _status(first["trainer"], "any") == 200
        up.wait_for("worker.started")
        up.process.kill()
        wait_until(lambda: not up.processes())
    with running(data_dir, command=_command) as up:
        second = up.wait_for("up.ready")
        assert _status(second["address"], first["api_key"]) == 200
        up.wait_for("worker.started")
        up.wait_for("notifier.started")
        assert up.end(signal.SIGTERM) == 0
        assert up.processes() == []


def test_it_runs_with_a_given_first_key_in_a_folder_whose_own_packages_are_called_like_ours(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("services", "shared"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('not ours')")
    monkeypatch.chdir(tmp_path)
    key = "ty_" + "k" * 43
    with running(data_dir, command=_command, extra={"PYTHONSAFEPATH": "1", "TUNEYARD_BOOTSTRAP_API_KEY": key}) as up:
        ready = up.wait_for("up.ready")
        assert ready["api_key"] == key
        assert _status(ready["address"], key) == 200
        assert not (data_dir / "api_key").exists()
        up.wait_for("worker.started")
        assert up.end(signal.SIGTERM) == 0
