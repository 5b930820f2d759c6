"""`tuneyard up` with the real servers, the real table and little parts; takes DATA_DIR PORT TRAINER_PORT"""

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from services.cli.up.environment import Options
from services.cli.up.errors import CannotStart
from services.cli.up.output import choose_output
from services.cli.up.part import Part
from services.cli.up.parts import table_of_parts
from services.cli.up.postgres import Postgres
from services.cli.up.run import run
from services.cli.up.valkey import Valkey

SMALL_PART = str(Path(__file__).with_name("small_part.py"))


def small_table(options: Options, postgres: Postgres, valkey: Valkey, environment: Mapping[str, str]) -> list[Part]:
    parts = table_of_parts(options, postgres, valkey, environment)
    return [_small(part) if "services.cli.parts" in part.command else part for part in parts]


def _small(part: Part) -> Part:
    return replace(part, command=[sys.executable, SMALL_PART, part.name], grace=1)


def main(data_dir: str, port: str, trainer_port: str) -> None:
    options = Options(Path(data_dir), "127.0.0.1", int(port), int(trainer_port), 2, "info", loopback_webhooks=True)
    output = choose_output()
    try:
        asyncio.run(run(options, output, os.environ, started=time.monotonic(), table=small_table))
    except CannotStart as error:
        output.fail(str(error))
        sys.exit(1)


main(*sys.argv[1:])
