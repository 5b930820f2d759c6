"""Embedded Valkey: say how it is started, where it listens and when it is ready"""

import socket
from dataclasses import dataclass
from pathlib import Path

from services.cli.up.account import Account, can_reach
from services.cli.up.birth import BirthOptions, birth_options
from services.cli.up.programs import valkey_server


@dataclass(frozen=True)
class Valkey:
    """A Valkey of our own on a socket in `sockets`. It keeps nothing: PostgreSQL holds the to-do list."""

    data: Path
    sockets: Path
    account: Account | None = None

    @property
    def path(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def initialise(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.account is not None:
            self.account.take_over(self.data)

    def command(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.path),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        return [str(valkey_server()), *(part for name, value in settings.items() for part in (f"--{name}", value))]

    def birth(self) -> BirthOptions:
        closed = self.account is not None and not all(
            can_reach(self.account, path) for path in (self.data, self.sockets, valkey_server())
        )
        return birth_options(account=self.account, everywhere=closed)

    def is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.path)) == 0
