"""Real PostgreSQL and Valkey for one pytest process: started in half a second, gone with it

What `conftest.py` stands on:

    with start_servers(directory) as servers:          # session scope; one pair for each xdist worker
        servers.make_template(migrate)                 # migrate(url) runs the migrations, once
        url = servers.database_url("test_17")          # a fresh database, copied from the template (about 30 ms)
        servers.drop_database("test_17")
        servers.redis_url                              # unix:///…/valkey.sock; flush it between tests

    servers.postgres.kill() / .stop() / .start()       # for tests of survival; start() waits until it is ready
    servers.valkey.kill() / .stop() / .start()

`directory` may be any folder, `tmp_path_factory.mktemp("servers")` too, as root or not.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.cli.up.account import server_account
from services.cli.up.birth import BirthOptions
from services.cli.up.errors import CannotStart
from services.cli.up.postgres import STOP_SIGNAL, Postgres
from services.cli.up.sockets import leave_socket_folder, socket_folder
from services.cli.up.valkey import Valkey

#: Seconds. An idle machine needs 0.1; two cores under a whole test run have needed 3.
START_LIMIT = 30


@dataclass
class ServerProcess:
    """One server that a test may end and start again."""

    command: list[str]
    birth: BirthOptions
    is_ready: Callable[[int], bool]
    stop_signal: signal.Signals
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it accepts connections."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.birth
            )
        deadline = time.monotonic() + START_LIMIT
        while not self.is_ready(self.process.pid):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.command[0]} did not start:\n{self.log.read_text()}")
            time.sleep(0.01)

    def stop(self) -> None:
        self._end(self.stop_signal)

    def kill(self) -> None:
        """SIGKILL, as an out-of-memory killer would."""
        self._end(signal.SIGKILL)

    def _end(self, signal_number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(signal_number)
            self.process.wait(START_LIMIT)
            self.process = None


@dataclass
class Servers:
    """A running PostgreSQL and Valkey."""

    postgres: ServerProcess
    valkey: ServerProcess
    redis_url: str
    server: Postgres
    template: str = "template1"

    def make_template(self, migrate: Callable[[str], None]) -> None:
        """Make the database that all later ones are copies of. `migrate` must close its connections."""
        self.server.run("createdb", "migrated")
        migrate(self.server.url("migrated"))
        self.template = "migrated"

    def database_url(self, name: str) -> str:
        """Make the database `name` anew, as the template is, and say where it is: postgresql+asyncpg://…"""
        self.drop_database(name)
        self.server.run("createdb", "--template", self.template, name)
        return self.server.url(name)

    def emptied(self, name: str, tables: Sequence[str]) -> str:
        """Return the database `name` with these tables empty: a quarter of the time of a fresh copy."""
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        away = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"  # noqa: S608 (ours)
        # As a replica does it: without asking the foreign keys, whose order does not matter then.
        empty = "SET session_replication_role = replica; " + "; ".join(f"DELETE FROM {table}" for table in tables)  # noqa: S608
        try:
            self.server.run("psql", "--quiet", "--dbname", name, "--command", away, "--command", empty)
        except CannotStart:
            # The first time there is none, and a test may have dropped it.
            return self.database_url(name)
        return self.server.url(name)

    def drop_database(self, name: str) -> None:
        """Drop it, whoever is still connected."""
        self.server.run("dropdb", "--if-exists", "--force", name)


@contextmanager
def start_servers(directory: Path, *, durable: bool = False) -> Iterator[Servers]:
    """Start a pair in `directory` and stop it at the end. It dies with this process even if that is killed.

    `durable` turns fsync on, for tests in which the machine is said to crash.
    """
    account = server_account(directory / "postgres")
    sockets = socket_folder(directory, account)
    server = Postgres(directory / "postgres", sockets, account, durable=durable)
    server.initialise()
    valkey = Valkey(directory / "valkey", sockets, account)
    valkey.initialise()
    log = directory / "servers.log"
    servers = Servers(
        ServerProcess(server.command(), server.birth(), server.is_ready, STOP_SIGNAL, log),
        ServerProcess(valkey.command(), valkey.birth(), lambda _pid: valkey.is_ready(), signal.SIGTERM, log),
        valkey.url,
        server,
    )
    try:
        servers.postgres.start()
        servers.valkey.start()
        yield servers
    finally:
        servers.valkey.stop()
        servers.postgres.stop()
        leave_socket_folder(sockets, directory)
