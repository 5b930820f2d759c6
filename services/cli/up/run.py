"""One `up` from the locked data folder to the last process stopped"""

import time
from collections.abc import Mapping
from dataclasses import replace

from services.cli.up.account import server_account
from services.cli.up.data_directory import DataDirectory
from services.cli.up.environment import Options, Service, part_environment
from services.cli.up.output import Output
from services.cli.up.part import Ready
from services.cli.up.parts import CONNECT_TO, Table, table_of_parts
from services.cli.up.ports import claim_port
from services.cli.up.postgres import Postgres
from services.cli.up.registry import Registry
from services.cli.up.sockets import leave_socket_folder, socket_folder
from services.cli.up.supervisor import Supervisor
from services.cli.up.valkey import Valkey


async def run(
    options: Options, output: Output, given: Mapping[str, str], *, started: float, table: Table = table_of_parts
) -> None:
    """Run until told to stop. `started` is the monotonic time of the command. Raises CannotStart with a sentence."""
    data = DataDirectory.at(options.data_dir)
    with data.lock():
        registry = Registry(data.root / "processes.json")
        for name in registry.end_leftovers():
            output.say("part.left_behind", f"{name} of an earlier `up` was still running and is stopped.", part=name)
        options = replace(
            options,
            port=claim_port(options.host, options.port, "--port"),
            trainer_port=claim_port("127.0.0.1", options.trainer_port, "--trainer-port"),
        )
        postgres, valkey = _servers(data)
        service = _service(data, postgres, valkey, given)
        environment = part_environment(given, options, service, output.log_format)
        supervisor = Supervisor(table(options, postgres, valkey, environment), output, registry)
        try:
            await supervisor.run(lambda: output.ready(_ready(options, data, service, started)))
        finally:
            leave_socket_folder(postgres.sockets, data.root)


def _servers(data: DataDirectory) -> tuple[Postgres, Valkey]:
    account = server_account(data.root / "postgres")
    sockets = socket_folder(data.root, account)
    postgres = Postgres(data.root / "postgres", sockets, account)
    postgres.initialise()
    valkey = Valkey(data.root / "valkey", sockets, account)
    valkey.initialise()
    return postgres, valkey


def _service(data: DataDirectory, postgres: Postgres, valkey: Valkey, given: Mapping[str, str]) -> Service:
    return Service(
        database_url=postgres.url(),
        redis_url=valkey.url,
        files=data.root / "files",
        trainer_data=data.root / "trainer",
        api_key=given.get("TUNEYARD_BOOTSTRAP_API_KEY") or data.api_key(),
        secret_keys=given.get("TUNEYARD_SECRET_KEYS") or data.secret_keys(),
    )


def _ready(options: Options, data: DataDirectory, service: Service, started: float) -> Ready:
    host = CONNECT_TO.get(options.host, options.host)
    return Ready(
        address=f"http://{f'[{host}]' if ':' in host else host}:{options.port}/v1",
        api_key=service.api_key,
        trainer=f"http://127.0.0.1:{options.trainer_port}/v1",
        data_dir=str(data.root),
        seconds=round(time.monotonic() - started, 2),
    )
