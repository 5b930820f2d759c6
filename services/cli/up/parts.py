"""The table of what `up` runs, in which order, and how each part shows that it is ready"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from services.cli.up.environment import Options
from services.cli.up.part import Look, Needless, Part, at_once
from services.cli.up.postgres import STOP_SIGNAL, Postgres
from services.cli.up.schema import newest_revision, revision_of
from services.cli.up.valkey import Valkey

#: The folder that holds `services`, `shared` and the rest, installed or not.
OUR_CODE = Path(__file__).resolve().parents[3]

#: Wildcard addresses are listened on, but one connects to the machine itself.
CONNECT_TO = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - a table of what is not connected to


#: What makes the parts out of options, servers and environment.
Table = Callable[[Options, Postgres, Valkey, Mapping[str, str]], list[Part]]


def table_of_parts(options: Options, postgres: Postgres, valkey: Valkey, environment: Mapping[str, str]) -> list[Part]:
    """Servers and trainer start at once, the gateway when the migrations are through, the others behind it.

    A worker's start takes two seconds of a core. Work that is accepted meanwhile waits in the database.
    """
    behind = ("gateway", "trainer")
    gateway = answers(options.host, options.port, "/readyz")
    trainer = answers("127.0.0.1", options.trainer_port, "/v1/models")
    workers = [_ours("worker", environment, behind, name=f"worker-{n}") for n in range(1, options.workers + 1)]
    return [
        _postgres(postgres, environment),
        _valkey(valkey, environment),
        _ours("trainer", environment, is_ready=trainer),
        _ours("migrate", environment, ("postgres",), once=True, is_needless=_has_newest_schema(postgres, environment)),
        _ours("gateway", environment, ("postgres", "valkey", "migrate"), is_ready=gateway),
        *workers,
        _ours("notifier", environment, behind),
    ]


def _ours(
    command: str,
    environment: Mapping[str, str],
    after: tuple[str, ...] = (),
    *,
    name: str | None = None,
    is_ready: Look = at_once,
    once: bool = False,
    is_needless: Needless | None = None,
) -> Part:
    # Not by the terminal's own module: each part would import all other commands first.
    line = [sys.executable, "-m", "services.cli.parts", command]
    surroundings = _with_our_code(environment)
    return Part(name or command, line, surroundings, after, is_ready=is_ready, once=once, is_needless=is_needless)


def _has_newest_schema(postgres: Postgres, environment: Mapping[str, str]) -> Needless:
    """On every start but the first there is nothing to migrate, and to ask costs 1 % of starting Alembic for it."""

    async def has() -> bool:
        return await revision_of(postgres, without_secrets(environment)) == newest_revision(
            OUR_CODE / "migrations" / "versions"
        )

    return has


def _with_our_code(environment: Mapping[str, str]) -> dict[str, str]:
    """The parts, and what they start, run the code that runs here: a folder `services` or `shared` in which somebody
    typed `tuneyard up` would come first otherwise.
    """
    path = [str(OUR_CODE), *filter(None, [environment.get("PYTHONPATH")])]
    return {**environment, "PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(path)}


def _postgres(postgres: Postgres, environment: Mapping[str, str]) -> Part:
    async def is_ready(pid: int) -> bool:
        return postgres.is_ready(pid)

    return Part(
        "postgres",
        postgres.command(),
        without_secrets(environment),
        birth=postgres.birth(),
        is_ready=is_ready,
        stop_signal=STOP_SIGNAL,
        # Ends the sessions at once and leaves the rest to recovery; SIGKILL would leave its shared memory behind.
        kill_signal=signal.SIGQUIT,
    )


def _valkey(valkey: Valkey, environment: Mapping[str, str]) -> Part:
    async def is_ready(_pid: int) -> bool:
        return valkey.is_ready()

    return Part(
        "valkey",
        valkey.command(),
        without_secrets(environment),
        birth=valkey.birth(),
        is_ready=is_ready,
        # About saving to disk, which it never does, and about its end, which we report ourselves.
        mute=("Memory overcommit must be enabled", "scheduling shutdown", "is now ready to exit"),
    )


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """What a server of others is told: nothing of ours, and no PG* variable that would bend it."""
    return {name: value for name, value in environment.items() if not name.startswith(("TUNEYARD_", "PG"))}


def answers(host: str, port: int, path: str) -> Look:
    """A look that says yes when GET `path` is answered with 200."""

    async def look(_pid: int) -> bool:
        return await asyncio.to_thread(_get, CONNECT_TO.get(host, host), port, path) == 200

    return look


def _get(host: str, port: int, path: str) -> int | None:
    # The gateway gives each dependency two seconds before it says, in its answer, that one of them is silent.
    connection = HTTPConnection(host, port, timeout=5)
    try:
        # The trainer takes any key, but wants one.
        connection.request("GET", path, headers={"Authorization": "Bearer local"})
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
