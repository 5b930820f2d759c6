"""Keys are made once and are for us alone"""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from services.cli.up.data_directory import DataDirectory
from services.cli.up.errors import CannotStart


def test_the_api_key_has_256_bits_and_stays_the_same(tmp_path: Path) -> None:
    key = DataDirectory.at(tmp_path / "data").api_key()
    assert key.startswith("ty_")
    assert len(key) == len("ty_") + 43
    assert DataDirectory.at(tmp_path / "data").api_key() == key


def test_the_secret_key_is_one_that_fernet_takes(tmp_path: Path) -> None:
    Fernet(DataDirectory.at(tmp_path).secret_keys())


@pytest.mark.parametrize("name", ["api_key", "secret_keys"])
def test_key_files_are_readable_by_the_owner_only(tmp_path: Path, name: str) -> None:
    getattr(DataDirectory.at(tmp_path), name)()
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_half_a_key_from_a_death_in_between_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "api_key.unfinished").write_text("ty_ha")
    assert len(DataDirectory.at(tmp_path).api_key()) == len("ty_") + 43


def test_it_is_locked_for_one_at_a_time_and_free_afterwards(tmp_path: Path) -> None:
    data = DataDirectory.at(tmp_path)
    with data.lock(), pytest.raises(CannotStart, match=r"Another `tuneyard up` \(pid \d+\) uses"), data.lock():
        pass
    with data.lock():
        pass


def test_a_file_in_its_place_is_said_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(CannotStart, match="data cannot hold the data: "):
        DataDirectory.at(tmp_path / "data")
