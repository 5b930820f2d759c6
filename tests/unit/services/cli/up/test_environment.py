"""What the parts are told, and what the caller may choose"""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from services.cli.up.environment import Options, Service, part_environment
from shared.settings import Settings

ONE, TWO = (Fernet.generate_key().decode() for _ in range(2))
OPTIONS = Options(Path("d"), "127.0.0.1", 8080, 8081, 2, "info", loopback_webhooks=True)
SERVICE = Service("postgresql+asyncpg://x", "unix:///r", Path("/d/files"), Path("/d/trainer"), "ty_k", f"{ONE},{TWO}")


def test_the_settings_can_be_read_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in part_environment({}, OPTIONS, SERVICE, "json").items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.storage_url == "file:///d/files"
    assert settings.providers["default"].base_url == "http://127.0.0.1:8081/v1"
    assert settings.providers["default"].settle_seconds == 5
    assert [key.get_secret_value() for key in settings.secret_keys] == [ONE, TWO]
    assert settings.allow_loopback
    assert settings.log_format == "json"


@pytest.mark.parametrize(
    ("given", "name", "expected"),
    [
        ({"TUNEYARD_ALLOW_LOOPBACK": "false"}, "TUNEYARD_ALLOW_LOOPBACK", "false"),  # said explicitly
        ({"TUNEYARD_PIPELINE__LEASE_SECONDS": "9"}, "TUNEYARD_PIPELINE__LEASE_SECONDS", "9"),  # not ours
        ({"TUNEYARD_DATABASE_URL": "theirs"}, "TUNEYARD_DATABASE_URL", "postgresql+asyncpg://x"),  # we run it
        ({"PATH": "/bin"}, "PATH", "/bin"),  # the rest of the environment goes along
        # A real provider takes the trainer's place whole: not one variable of the trainer's remains.
        ({"TUNEYARD_PROVIDERS__DEFAULT__BASE_URL": "https://a"}, "TUNEYARD_PROVIDERS__DEFAULT__API_KEY", None),
    ],
)
def test_what_was_given_and_what_becomes_of_it(given: dict[str, str], name: str, expected: str | None) -> None:
    assert part_environment(given, OPTIONS, SERVICE, "json").get(name) == expected


@pytest.mark.parametrize(
    ("cores", "workers", "processes", "remark"),
    [
        (1, 1, 1, "one is one"),
        (2, 2, 2, "a file that is checked alone has the machine"),
        (8, 4, 4, "or half of it"),
        (64, 4, 32, "and all at once are two to a core, not sixty-four"),
        (2, 64, 1, "each worker has one"),
        (64, 1, 64, "one worker has them all"),
    ],
)
def test_workers_share_the_cores_out_for_their_checks(cores: int, workers: int, processes: int, remark: str) -> None:
    options = replace(OPTIONS, workers=workers)
    told = part_environment({}, options, SERVICE, "json", cores=cores)
    assert told["TUNEYARD_CHECK_PROCESSES"] == str(processes), remark
    assert (
        part_environment({"TUNEYARD_CHECK_PROCESSES": "3"}, options, SERVICE, "json")["TUNEYARD_CHECK_PROCESSES"] == "3"
    )


def test_loopback_webhooks_can_be_left_off() -> None:
    options = Options(Path("d"), "127.0.0.1", 8080, 8081, 2, "info", loopback_webhooks=False)
    assert "TUNEYARD_ALLOW_LOOPBACK" not in part_environment({}, options, SERVICE, "json")
