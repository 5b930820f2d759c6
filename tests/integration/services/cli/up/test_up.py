"""`up` with real servers and little parts: started, restarted, stopped, killed"""

import json
import os
import signal
import socket
import stat
import sys
import urllib.request
from pathlib import Path

import asyncpg
import pytest

from services.cli.up.account import Account
from services.cli.up.birth import birth_options
from services.cli.up.parts import OUR_CODE
from services.cli.up.schema import newest_revision
from tests.integration.services.cli.up.running import refused, running, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

PARTS = {"trainer", "migrate", "gateway", "worker-1", "worker-2", "notifier"}


async def _execute(data_dir: Path, statement: str) -> object:
    connection = await asyncpg.connect(host=str(data_dir / "run"), user="postgres", database="postgres")
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def _pid(data_dir: Path, part: str) -> int:
    return int(json.loads((data_dir / "processes.json").read_text())[part]["pid"])


def test_it_tells_address_and_key_when_ready_and_stops_on_sigterm_with_nothing_left(empty: Path) -> None:
    with running(empty) as up:
        ready = up.wait_for("up.ready")
        with urllib.request.urlopen(ready["address"]) as answer:  # noqa: S310 - an address of ours
            assert answer.status == 200
        assert ready["api_key"] == (empty / "api_key").read_text().strip()
        assert stat.S_IMODE((empty / "api_key").stat().st_mode) == 0o600
        assert len(up.processes()) >= len(PARTS)
        assert up.end(signal.SIGTERM) == 0
        assert up.processes() == []


async def test_migrations_run_unless_the_database_notes_the_newest_revision(data_dir: Path) -> None:
    newest = newest_revision(OUR_CODE / "migrations" / "versions")
    with running(data_dir) as up:
        up.wait_for("small.started", part="migrate")
        up.wait_for("up.ready")
        await _execute(data_dir, f"CREATE TABLE alembic_version AS SELECT '{newest}' AS version_num")
        assert up.end(signal.SIGTERM) == 0
    # A migration that ran would fail, and nothing would be ready.
    with running(data_dir, extra={"BROKEN_PART": "migrate"}) as up:
        up.wait_for("up.ready")
        await _execute(data_dir, "UPDATE alembic_version SET version_num = '0000'")
        assert up.end(signal.SIGTERM) == 0
    with running(data_dir) as up:
        up.wait_for("small.started", part="migrate")


def test_ctrl_c_stops_it_with_exit_code_0(data_dir: Path) -> None:
    with running(data_dir) as up:
        up.wait_for("up.ready")
        assert up.end(signal.SIGINT) == 0
        assert up.processes() == []


def test_a_second_ctrl_c_does_not_wait_for_a_part_that_does_not_end(data_dir: Path) -> None:
    with running(data_dir, extra={"STUBBORN_PART": "notifier"}) as up:
        up.wait_for("up.ready")
        up.wait_for("small.started", part="notifier")
        up.process.send_signal(signal.SIGINT)
        up.wait_for("up.stopping")
        assert up.end(signal.SIGINT) == 0
        assert up.processes() == []


def test_a_part_that_does_not_end_is_killed_after_its_grace(data_dir: Path) -> None:
    with running(data_dir, extra={"STUBBORN_PART": "notifier"}) as up:
        up.wait_for("up.ready")
        up.wait_for("small.started", part="notifier")
        up.process.send_signal(signal.SIGTERM)
        up.wait_for("part.killed", part="notifier")
        assert up.process.wait() == 0
        assert up.processes() == []


def test_a_part_that_is_killed_is_started_again(data_dir: Path) -> None:
    with running(data_dir) as up:
        up.wait_for("up.ready")
        for part in ("gateway", "worker-2", "valkey", "postgres"):
            first = _pid(data_dir, part)
            os.kill(first, signal.SIGKILL)
            died = up.wait_for("part.died", part=part)
            assert (died["restart_after"], died["exit_code"]) == (0.2, -signal.SIGKILL)
            up.wait_for("part.back", part=part)
            assert _pid(data_dir, part) != first
        assert up.end(signal.SIGTERM) == 0


async def test_killed_itself_it_leaves_no_process_and_the_next_one_finds_the_data(data_dir: Path) -> None:
    with running(data_dir) as up:
        first = up.wait_for("up.ready")
        await _execute(data_dir, "CREATE TABLE kept AS SELECT 17 AS number")
        up.process.kill()
        wait_until(lambda: not up.processes())
    with running(data_dir) as up:
        second = up.wait_for("up.ready")
        assert await _execute(data_dir, "SELECT number FROM kept") == 17
        assert second["api_key"] == first["api_key"]
        assert up.end(signal.SIGTERM) == 0


async def test_started_again_right_after_a_kill_it_has_one_postgres_only(data_dir: Path) -> None:
    with running(data_dir) as killed:
        killed.wait_for("up.ready")
        killed.process.kill()
        killed.process.wait()
        with running(data_dir) as up:
            up.wait_for("up.ready")
            assert await _execute(data_dir, "SELECT 1") == 1
            wait_until(lambda: not set(killed.processes()) - set(up.processes()))
            assert up.end(signal.SIGTERM) == 0


def test_a_second_up_on_the_same_data_is_refused_with_the_pid_of_the_first(data_dir: Path) -> None:
    with running(data_dir) as up:
        up.wait_for("up.ready")
        assert f"Another `tuneyard up` (pid {up.process.pid}) uses {data_dir}." in refused(data_dir)
        assert up.end(signal.SIGTERM) == 0


@pytest.mark.parametrize(("place", "option"), [(0, "--port"), (1, "--trainer-port")])
def test_a_port_in_use_is_said_before_anything_starts(empty: Path, place: int, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refused(empty, (port, 0) if place == 0 else (0, port))
    assert message.startswith(f"error: Port {port} on 127.0.0.1 cannot be used: ")
    assert option in message
    assert not (empty / "postgres").exists()


def test_migrations_that_fail_stop_everything_with_exit_code_1(data_dir: Path) -> None:
    with running(data_dir, extra={"BROKEN_PART": "migrate"}) as up:
        up.wait_for("part.wrote", part="migrate", message="the tables are not as they should be")
        assert up.process.wait() == 1
        assert "`migrate` ended with exit code 1" in up.errors()
        assert up.processes() == []


def test_a_part_whose_settings_do_not_fit_stops_everything_at_once(data_dir: Path) -> None:
    with running(data_dir, extra={"MISTAKEN_PART": "gateway"}) as up:
        up.wait_for("part.wrote", part="gateway", message="a setting does not fit")
        assert up.process.wait() == 1
        assert "`gateway` ended with exit code 2" in up.errors()
        assert up.processes() == []


def test_a_data_folder_with_a_long_path_gets_its_sockets_elsewhere(empty: Path) -> None:
    deep = empty / ("a" * 120)
    with running(deep) as up:
        up.wait_for("up.ready")
        assert not (deep / "run").exists()
        assert up.end(signal.SIGTERM) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test here already runs as an ordinary user")
def test_an_ordinary_user_can_run_it_too(empty: Path) -> None:
    nobody = Account("nobody", 65534, 65534)
    home = empty / "home"
    home.mkdir(mode=0o700)
    nobody.take_over(home)
    # Allowed to enter closed folders only because this interpreter may live below root's home.
    with running(home, birth=birth_options(account=nobody, everywhere=True)) as up:
        up.wait_for("up.ready")
        assert (home / "postgres").stat().st_uid == 65534
        assert up.end(signal.SIGTERM) == 0
        assert up.processes() == []
