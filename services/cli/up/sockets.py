"""Find a folder for unix sockets whose path is short enough"""

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from services.cli.up.account import Account
from services.cli.up.errors import CannotStart

#: `sun_path` of <sys/un.h> holds 108 bytes with its final zero on Linux, 104 on macOS.
LONGEST_PATH = 103

#: The longest name that is put into the folder.
LONGEST_NAME = "/.s.PGSQL.5432"

#: Anything else would need quoting in a database URL or a list of folders.
PLAIN = re.compile(r"[\w./-]+", re.ASCII)


def socket_folder(data_dir: Path, account: Account | None) -> Path:
    """`data_dir/run`, or a folder in the temporary directory named by a hash of `data_dir` when that is too long.

    Made with mode 700 for the servers' account. Raises CannotStart when somebody else owns the folder.
    """
    folder = data_dir / "run"
    if not fits(folder):
        digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"tuneyard-{os.geteuid()}-{digest}"
        # A temporary directory can be as long as the rest.
        folder = folder if fits(folder) else Path("/tmp") / folder.name  # noqa: S108 - its owner is checked below
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = folder.lstat()
    if found.st_uid not in {os.geteuid(), account.uid if account else os.geteuid()} or folder.is_symlink():
        raise CannotStart(
            f"{folder} belongs to uid {found.st_uid}, not to us. Remove it, or choose another --data-dir."
        )
    folder.chmod(0o700)
    if account is not None:
        account.take_over(folder)
    return folder


def leave_socket_folder(folder: Path, data_dir: Path) -> None:
    """Remove a folder that was made outside the data directory; the one inside stays."""
    if data_dir not in folder.parents:
        shutil.rmtree(folder, ignore_errors=True)


def fits(folder: Path) -> bool:
    text = str(folder)
    return len(os.fsencode(text + LONGEST_NAME)) <= LONGEST_PATH and PLAIN.fullmatch(text) is not None
