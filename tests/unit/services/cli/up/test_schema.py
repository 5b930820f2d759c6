"""The newest revision is read from the migrations as Alembic would find it, or not at all"""

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from services.cli.up.parts import OUR_CODE
from services.cli.up.schema import newest_revision

MIGRATIONS = OUR_CODE / "migrations"


def migration(name: str, below: str | None) -> str:
    return f'"""words"""\n\nrevision: str = "{name}"\ndown_revision: str | None = {below!r}\nbranch_labels = None\n'


def test_ours_has_the_head_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert newest_revision(MIGRATIONS / "versions") == ScriptDirectory.from_config(config).get_current_head()


#: files, newest, remark
FOLDERS: list[tuple[list[str], str | None, str]] = [
    ([migration("1", None)], "1", "the first alone"),
    ([migration("b", "a"), migration("a", None), migration("c", "b")], "c", "whatever the order of the files"),
    ([migration("a", None), migration("b", "a"), migration("c", "a")], None, "two heads"),
    ([migration("a", None), migration("m", None) + "down_revision = ('x', 'y')\n"], None, "a merge: two heads here"),
    ([migration("a", None), "revision = name()\n"], None, "a revision that is computed"),
    ([], None, "no migration"),
]


@pytest.mark.parametrize(("files", "newest", "remark"), FOLDERS, ids=[row[2] for row in FOLDERS])
def test_the_newest_revision_of_a_folder(files: list[str], newest: str | None, remark: str, tmp_path: Path) -> None:
    for number, text in enumerate(files):
        (tmp_path / f"{number}.py").write_text(text)
    assert newest_revision(tmp_path) == newest, remark
