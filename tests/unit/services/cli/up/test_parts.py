"""The table of parts: order and command lines"""

import sys
from pathlib import Path

from services.cli.parts import COMMANDS
from services.cli.up.environment import Options
from services.cli.up.parts import table_of_parts, without_secrets
from services.cli.up.postgres import Postgres
from services.cli.up.valkey import Valkey

OPTIONS = Options(Path("d"), "127.0.0.1", 8080, 8081, 3, "info", loopback_webhooks=True)
POSTGRES = Postgres(Path("/d/postgres"), Path("/d/run"))
VALKEY = Valkey(Path("/d/valkey"), Path("/d/run"))
PARTS = {part.name: part for part in table_of_parts(OPTIONS, POSTGRES, VALKEY, {"TUNEYARD_SECRET_KEYS": "s", "A": "b"})}


def test_there_are_as_many_workers_as_asked_for_and_one_of_everything_else() -> None:
    assert list(PARTS) == [
        "postgres", "valkey", "trainer", "migrate", "gateway", "worker-1", "worker-2", "worker-3", "notifier",
    ]  # fmt: skip


def test_the_gateway_waits_for_migrations_and_queue_and_the_others_for_the_gateway() -> None:
    assert PARTS["migrate"].after == ("postgres",)
    assert PARTS["migrate"].once
    # PostgreSQL by name too: the migrations have ended when the gateway has to end before the database.
    assert PARTS["gateway"].after == ("postgres", "valkey", "migrate")
    assert {name for name, part in PARTS.items() if part.after == ("gateway", "trainer")} == {
        "worker-1", "worker-2", "worker-3", "notifier",
    }  # fmt: skip


def test_each_part_of_ours_is_a_command_of_the_terminal_in_this_interpreter() -> None:
    ours = [part.command for part in PARTS.values() if part.command[0] == sys.executable]
    assert {tuple(line[1:3]) for line in ours} == {("-m", "services.cli.parts")}
    assert {line[3] for line in ours} == {command.__name__ for command in COMMANDS}


def test_a_folder_of_the_caller_called_shared_does_not_hide_ours() -> None:
    environment = PARTS["worker-1"].environment
    assert environment["PYTHONSAFEPATH"] == "1"
    assert (Path(environment["PYTHONPATH"].split(":")[0]) / "shared" / "settings.py").exists()


def test_the_servers_are_told_none_of_our_secrets() -> None:
    assert PARTS["postgres"].environment == PARTS["valkey"].environment == {"A": "b"}
    assert PARTS["gateway"].environment["TUNEYARD_SECRET_KEYS"] == "s"
    assert without_secrets({"PGDATA": "/other"}) == {}


def test_postgres_listens_on_its_socket_only_and_keeps_fsync() -> None:
    command = PARTS["postgres"].command
    assert "listen_addresses=" in command
    assert "unix_socket_directories=/d/run" in command
    assert not any("fsync" in word for word in command)


def test_valkey_opens_no_port_and_never_evicts() -> None:
    line = " ".join(PARTS["valkey"].command)
    assert "--port 0 " in line
    assert "--maxmemory-policy noeviction" in line


def test_the_database_url_is_one_that_survives_a_path_with_a_plus() -> None:
    assert Postgres(Path("/d"), Path("/a+b")).url() == "postgresql+asyncpg://postgres@/postgres?host=/a%2Bb"
