"""`up` on a terminal: a person reads it, and Ctrl-C reaches the supervisor only"""

import fcntl
import os
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.integration.services.cli.up.running import ENVIRONMENT, PATIENCE, small_up

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="takes a pseudo-terminal as Linux has it")


def test_a_person_sees_address_and_key_and_ctrl_c_stops_each_part_in_turn(data_dir: Path) -> None:
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        small_up(data_dir, (0, 0)),
        env=ENVIRONMENT | {"TERM": "xterm", "COLUMNS": "120"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no threads in this process
    )
    os.close(theirs)
    try:
        seen = _read(ours, until=b"a second one stops without waiting")
        assert b"Tuneyard is ready after" in seen
        assert (data_dir / "api_key").read_bytes().strip() in seen
        os.write(ours, b"\x03")
        rest = _read(ours)
        assert process.wait(PATIENCE) == 0
        assert b"Stopping." in rest
        # Had the terminal's Ctrl-C reached the parts, they would have died of it and not been stopped.
        assert b"it starts again" not in rest
        assert b"Traceback" not in seen + rest
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read(terminal: int, until: bytes | None = None) -> bytes:
    """What is written up to these words, or up to the end."""
    seen = b""
    while until is None or until not in seen:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # Linux says so when the last writer is gone
            return seen
        assert chunk, seen
        seen += chunk
    return seen
