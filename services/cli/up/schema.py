"""Tell whether the database has the newest schema, without Alembic, whose import takes a second"""

import re
import subprocess
from asyncio.subprocess import DEVNULL, PIPE, create_subprocess_exec
from collections.abc import Mapping
from pathlib import Path

from services.cli.up.postgres import Postgres

#: `revision` and `down_revision` as `migrations/script.py.mako` writes them; the first migration is down from None.
_NAME = re.compile(r"^(revision|down_revision)\b[^=\n]*=\s*(?:[\"']([^\"'\n]+)[\"']|None)\s*$", re.MULTILINE)


def newest_revision(versions: Path) -> str | None:
    """The one revision of the folder that no other builds on, or None when it cannot be told: then Alembic shall."""
    found = [dict(_NAME.findall(path.read_text())) for path in versions.glob("*.py") if path.name != "__init__.py"]
    if not all(names.keys() == {"revision", "down_revision"} for names in found):
        return None
    newest = {names["revision"] for names in found} - {names["down_revision"] for names in found}
    return newest.pop() if len(newest) == 1 else None


async def revision_of(postgres: Postgres, environment: Mapping[str, str]) -> str:
    """The revision that Alembic has noted in the database; empty when there is none, or nobody can be asked."""
    try:
        asked = await create_subprocess_exec(
            *postgres.question("SELECT version_num FROM alembic_version"),
            stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, env=environment, **postgres.birth(),
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    answer, _ = await asked.communicate()
    return answer.decode().strip() if asked.returncode == 0 else ""
