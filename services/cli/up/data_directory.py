"""The folder that holds everything `up` must not forget: one user at a time, its keys readable by nobody else"""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from services.cli.up.errors import CannotStart


@dataclass(frozen=True)
class DataDirectory:
    """`root` is absolute. Below it: postgres, valkey, files, trainer, run, and three files."""

    root: Path

    @classmethod
    def at(cls, path: Path) -> "DataDirectory":
        """Make the folders that are missing. Raises CannotStart when the path cannot be a folder of ours."""
        root = path.expanduser().resolve()
        try:
            # PostgreSQL runs under another account when we are root, and passes through here to its own folder.
            root.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
            for name in ("files", "trainer"):
                (root / name).mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise CannotStart(f"{root} cannot hold the data: {error.strerror}. Choose another --data-dir.") from error
        return cls(root)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for us alone; the kernel lets go of it when we die. Raises CannotStart when it is held."""
        with (self.root / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                holder = file.read().strip() or "unknown"
                raise CannotStart(
                    f"Another `tuneyard up` (pid {holder}) uses {self.root}. Stop it, or choose another --data-dir."
                ) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def api_key(self) -> str:
        """The first key of the first project, made once: `ty_` and 43 characters, 256 bits."""
        return self._kept("api_key", lambda: "ty_" + secrets.token_urlsafe(32))

    def secret_keys(self) -> str:
        """The Fernet keys that encrypt webhook secrets, newest first, separated by commas; one is made at first."""
        return self._kept("secret_keys", lambda: Fernet.generate_key().decode())

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        path = self.root / name
        if not path.exists():
            # Renamed when whole: half a key would lock the data for ever.
            unfinished = path.with_name(f"{name}.unfinished")
            unfinished.unlink(missing_ok=True)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(make() + "\n")
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
        return path.read_text().strip()
