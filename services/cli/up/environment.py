"""The TUNEYARD_* variables that the parts of one `up` are started with"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROVIDER = "TUNEYARD_PROVIDERS__"


@dataclass(frozen=True)
class Options:
    """What the command line chose."""

    data_dir: Path
    host: str
    port: int
    trainer_port: int
    workers: int
    log_level: str
    loopback_webhooks: bool


@dataclass(frozen=True)
class Service:
    """Where the servers are, and the secrets."""

    database_url: str
    redis_url: str
    files: Path
    trainer_data: Path
    api_key: str
    secret_keys: str


def part_environment(
    given: Mapping[str, str], options: Options, service: Service, log_format: str, *, cores: int | None = None
) -> dict[str, str]:
    """`given` and ours. What `up` runs itself is ours in any case; the rest yields to what was given.

    A given provider takes the trainer's place, so `up` works in front of a real one; the trainer runs all the same.
    """
    ours = {
        "TUNEYARD_DATABASE_URL": service.database_url,
        "TUNEYARD_REDIS_URL": service.redis_url,
        "TUNEYARD_STORAGE_URL": service.files.as_uri(),
        "TUNEYARD_HOST": options.host,
        "TUNEYARD_PORT": str(options.port),
        "TUNEYARD_TRAINER_HOST": "127.0.0.1",
        "TUNEYARD_TRAINER_PORT": str(options.trainer_port),
        "TUNEYARD_TRAINER_DATA_DIR": str(service.trainer_data),
        "TUNEYARD_LOG_LEVEL": options.log_level,
        "TUNEYARD_LOG_FORMAT": log_format,
        "TUNEYARD_BOOTSTRAP_API_KEY": service.api_key,
        "TUNEYARD_SECRET_KEYS": service.secret_keys,
    }
    elsewhere = any(name.startswith(PROVIDER) and name.endswith("__BASE_URL") for name in given)
    yielding = {} if elsewhere or "TUNEYARD_PROVIDERS" in given else _local_provider(options.trainer_port)
    yielding["TUNEYARD_CHECK_PROCESSES"] = str(_check_processes(cores or os.cpu_count() or 1, options.workers))
    if options.loopback_webhooks:
        yielding["TUNEYARD_ALLOW_LOOPBACK"] = "true"
    return {**yielding, **given, **ours}


def _check_processes(cores: int, workers: int) -> int:
    """Return how many processes each worker checks files with: two to a core when all check at once.

    So that the one that checks alone has half of a large machine, and all of a small one.
    """
    return min(cores, -(-2 * cores // workers))


def _local_provider(port: int) -> dict[str, str]:
    return {
        f"{PROVIDER}DEFAULT__BASE_URL": f"http://127.0.0.1:{port}/v1",
        f"{PROVIDER}DEFAULT__API_KEY": "local",
        # The trainer acts at once or not at all: after this many seconds no lost request can still take effect.
        f"{PROVIDER}DEFAULT__SETTLE_SECONDS": "5",
        # A job here takes seconds, and somebody is watching its loss.
        f"{PROVIDER}DEFAULT__POLL_SECONDS": "0.5",
    }
