"""Embedded PostgreSQL: make its data folder, say how it is started, where it listens and when it is ready"""

import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from services.cli.up.account import Account, can_reach
from services.cli.up.birth import BirthOptions, birth_options
from services.cli.up.errors import CannotStart
from services.cli.up.programs import POSTGRES_VERSION, postgres_programs

#: Fast shutdown: sessions are ended, then a checkpoint. SIGTERM would wait for every client to leave.
STOP_SIGNAL = signal.SIGINT

#: One line of `postmaster.pid` each; the first is the pid, the last the status.
STATUS_LINE = 7


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL of our own: trusts whoever may enter `sockets` (mode 700), listens nowhere else."""

    data: Path
    sockets: Path
    account: Account | None = None
    #: False only for tests that are not about survival: a crash of the machine may then eat the data.
    durable: bool = True

    def initialise(self) -> None:
        """Make the data folder when there is none. A half-made one is never left under its final name.

        Raises CannotStart when it was made by another major version, or cannot be made.
        """
        version = self.data / "PG_VERSION"
        if version.exists():
            self._require(version.read_text().strip())
            return
        unfinished = self.data.with_name(self.data.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        if self.account is not None:
            self.account.take_over(unfinished)
        self._initdb(unfinished)
        unfinished.rename(self.data)

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            # Gateway, notifier and a worker per core, each with a pool: PostgreSQL's own 100 is soon too few.
            "max_connections": "200",
            # Expected conflicts are errors to PostgreSQL and answers to us; a person needs what ends a session.
            "log_min_messages": "fatal",
            "timezone": "UTC",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(postgres_programs() / "postgres"), "-D", str(self.data), *options]

    def birth(self) -> BirthOptions:
        """It stops by itself when we die; its backends follow the postmaster."""
        return birth_options(death_signal=STOP_SIGNAL, account=self.account, everywhere=self._closed_off())

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+asyncpg://postgres@/{database}?host={quote(str(self.sockets))}"

    def is_ready(self, pid: int) -> bool:
        """Whether the server with this pid accepts connections. An older server's file does not count."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, PermissionError):
            return False
        return len(lines) > STATUS_LINE and lines[0] == str(pid) and lines[STATUS_LINE].strip() == "ready"

    def run(self, program: str, *arguments: str) -> None:
        """Run a client program (`createdb`, `dropdb`) against this server. Raises CannotStart with its words."""
        self._execute(program, "--host", str(self.sockets), "--username", "postgres", *arguments)

    def question(self, sql: str) -> list[str]:
        """The command line that asks this server and prints values only, a row a line."""
        where = ["--host", str(self.sockets), "--username", "postgres", "--dbname", "postgres"]
        return [str(postgres_programs() / "psql"), *where, "--no-psqlrc", "--tuples-only", "--no-align", "-c", sql]

    def _initdb(self, folder: Path) -> None:
        fast = () if self.durable else ("--no-sync",)
        flags = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions")
        self._execute("initdb", "--pgdata", str(folder), *flags, *fast)

    def _execute(self, program: str, *arguments: str) -> None:
        try:
            subprocess.run(  # noqa: S603 - our own program with our own arguments
                [str(postgres_programs() / program), *arguments],
                check=True,
                capture_output=True,
                text=True,
                **self.birth(),
            )
        except subprocess.CalledProcessError as error:
            raise CannotStart(
                f"{program} in {self.data.parent} ended with {error.returncode}: {error.stderr}"
            ) from error
        except subprocess.SubprocessError as error:
            raise CannotStart(self._unreachable()) from error

    def _closed_off(self) -> bool:
        if self.account is None:
            return False
        nearest = next(folder for folder in (self.data, *self.data.parents) if folder.exists())
        return not all(
            can_reach(self.account, path) for path in (nearest, self.sockets, postgres_programs() / "postgres")
        )

    def _require(self, found: str) -> None:
        if found != str(POSTGRES_VERSION):
            raise CannotStart(
                f"{self.data} was made by PostgreSQL {found}; this is PostgreSQL {POSTGRES_VERSION}. "
                "Choose another --data-dir, or move the data over with pg_upgrade."
            )

    def _unreachable(self) -> str:
        name = self.account.name if self.account else "this account"
        return (
            f"PostgreSQL refuses to run as root and {name} may not enter {self.data} or {postgres_programs()}. "
            "Run as an ordinary user, or choose a --data-dir that everybody may enter."
        )
