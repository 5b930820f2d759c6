"""Which process is meant by a pid"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from services.cli.up.registry import Registry, birth_mark


def _sleeper() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], process_group=0)


def test_what_was_left_behind_is_ended_and_named(tmp_path: Path) -> None:
    with _sleeper() as left:
        Registry(tmp_path / "p.json").add("worker-1", left.pid, signal.SIGTERM)
        assert Registry(tmp_path / "p.json").end_leftovers() == ["worker-1"]
        assert left.wait() == -signal.SIGTERM
    assert Registry(tmp_path / "p.json").end_leftovers() == []


def test_a_stranger_that_got_the_same_pid_is_left_alone(tmp_path: Path) -> None:
    with _sleeper() as stranger:
        registry = Registry(tmp_path / "p.json")
        registry.add("worker-1", stranger.pid, signal.SIGKILL)
        born = birth_mark(stranger.pid)
        (tmp_path / "p.json").write_text((tmp_path / "p.json").read_text().replace(f'"{born}"', '"1"'))
        assert Registry(tmp_path / "p.json").end_leftovers() == []
        assert stranger.poll() is None
        stranger.kill()


def test_the_dead_have_no_mark_of_birth_and_the_living_keep_theirs() -> None:
    with _sleeper() as child:
        first = birth_mark(child.pid)
        assert first is not None
        assert birth_mark(child.pid) == first
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert birth_mark(child.pid) is None  # a zombie


def test_a_file_that_a_death_cut_short_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"worker-1": {"pi')
    assert Registry(tmp_path / "p.json").end_leftovers() == []
