"""Choose the account that the embedded servers run under, since PostgreSQL refuses to be root"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

#: Tried in this order when we are root; the first that exists is taken. No account is ever created.
CANDIDATES = ("pgserver", "nobody")


@dataclass(frozen=True)
class Account:
    """A system account that is not root."""

    name: str
    uid: int
    gid: int

    def take_over(self, path: Path) -> None:
        """Become the owner of a file or an empty folder. Changes nothing when it is theirs already."""
        if path.stat().st_uid != self.uid:
            os.chown(path, self.uid, self.gid)


def server_account(data: Path) -> Account | None:
    """The account for PostgreSQL and Valkey whose data lies in `data`, or None to stay who we are.

    Data that exists keeps its owner, whichever accounts have been made since.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        owner = data.stat()
        return Account(f"uid {owner.st_uid}", owner.st_uid, owner.st_gid)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    return Account("uid 65534", 65534, 65534)


def can_reach(account: Account, path: Path) -> bool:
    """Whether every folder above `path` lets the account pass, and the path itself may be read."""
    real = path.resolve()
    return all(_may(account, folder, stat.S_IXOTH) for folder in real.parents) and _may(account, real, stat.S_IROTH)


def _may(account: Account, path: Path, right: int) -> bool:
    found = path.stat()
    return found.st_uid == account.uid or bool(found.st_mode & right)
