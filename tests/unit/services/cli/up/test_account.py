"""Who may pass through which folder"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.up.account import Account, can_reach

STRANGER = Account("stranger", 4_000_000, 4_000_000)


@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "expected"),
    [
        (0o755, 0o644, True),
        (0o711, 0o644, True),  # passing through is enough, listing is not needed
        (0o700, 0o644, False),  # a home folder
        (0o755, 0o600, False),  # the file itself
    ],
)
def test_a_stranger_reaches_what_all_may_enter(
    open_folder: Path,
    folder_mode: int,
    file_mode: int,
    expected: bool,  # noqa: FBT001 - a table's column
) -> None:
    (open_folder / "folder").mkdir()
    path = open_folder / "folder" / "file"
    path.touch(file_mode)
    path.chmod(file_mode)
    (open_folder / "folder").chmod(folder_mode)
    assert can_reach(STRANGER, path) is expected


@pytest.fixture
def open_folder() -> Iterator[Path]:
    # Not below pytest's own folders: those are closed to strangers from the start.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
