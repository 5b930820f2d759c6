"""Where the sockets go when the path is too long for them"""

from pathlib import Path

import pytest

from services.cli.up.sockets import LONGEST_NAME, LONGEST_PATH, fits, leave_socket_folder, socket_folder


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/var/lib/tuneyard/run", True),
        ("/" + "a" * (LONGEST_PATH - len(LONGEST_NAME) - 1), True),  # the last that fits
        ("/" + "a" * (LONGEST_PATH - len(LONGEST_NAME)), False),  # one more
        ("/" + "é" * 50, False),  # bytes count, not characters
        ("/a b", False),  # would need quoting in a URL
        ("/a,b", False),  # a list to PostgreSQL
    ],
)
def test_only_short_plain_paths_hold_sockets(folder: str, expected: bool) -> None:  # noqa: FBT001 - a table's column
    assert fits(Path(folder)) is expected


def test_a_long_path_gets_the_same_folder_each_time_and_it_is_removed_at_the_end(tmp_path: Path) -> None:
    data_dir = tmp_path / ("d" * 120)
    folder = socket_folder(data_dir, None)
    assert folder == socket_folder(data_dir, None)
    assert folder != socket_folder(tmp_path / ("e" * 120), None)
    assert folder.stat().st_mode & 0o777 == 0o700
    for path in (data_dir, tmp_path / ("e" * 120)):
        leave_socket_folder(socket_folder(path, None), path)
    assert not folder.exists()
