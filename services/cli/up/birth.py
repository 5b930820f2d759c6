"""Bear a child process that leads its own group, runs under its account, and does not outlive us"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import TypedDict

from services.cli.up.account import Account

# <linux/prctl.h>, <linux/capability.h>, <linux/securebits.h>
PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
CAP_DAC_OVERRIDE = 1
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3 = 0x20080522

#: Loaded before any fork: a child between fork and exec must not import.
LIBC = ctypes.CDLL(None, use_errno=True)


class BirthOptions(TypedDict):
    """What `subprocess.Popen` and `asyncio.create_subprocess_exec` take alike."""

    preexec_fn: Callable[[], None]
    process_group: int


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Capabilities(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def birth_options(
    *, death_signal: signal.Signals = signal.SIGKILL, account: Account | None = None, everywhere: bool = False
) -> BirthOptions:
    """Options for a child that gets `death_signal` from the kernel when we die, however we die (Linux).

    It leads its own process group, so a Ctrl-C at the terminal reaches only us. With `everywhere` it may, though not
    root, enter folders that are closed to its account: root's home is, and so is a temporary folder that root made.
    Call from the main thread: the kernel counts the death of the thread that forked.
    """
    parent = os.getpid()

    def prepare() -> None:
        if account is not None:
            _become(account, everywhere=everywhere)
        if sys.platform == "linux":
            _check(LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0))
            # We may have died between the fork and the line above, and then no signal will come.
            if os.getppid() != parent:
                os._exit(1)

    return {"preexec_fn": prepare, "process_group": 0}


def _become(account: Account, *, everywhere: bool) -> None:
    if everywhere:
        # Without this bit access(2) ignores the capability kept below, and initdb asks it about its programs.
        _check(LIBC.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
    os.setgroups([])
    os.setresgid(account.gid, account.gid, account.gid)
    os.setresuid(account.uid, account.uid, account.uid)
    if everywhere:
        kept = 1 << CAP_DAC_OVERRIDE
        capabilities = (_Capabilities * 2)(_Capabilities(kept, kept, kept))
        _check(LIBC.capset(ctypes.byref(_Header(CAPABILITY_VERSION_3, 0)), ctypes.byref(capabilities)))
        _check(LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0))


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
