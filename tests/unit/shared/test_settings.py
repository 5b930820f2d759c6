"""What is missing or wrong is named by its place, and no value is told."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr, ValidationError
from sqlalchemy.engine import make_url

from shared.settings import Settings, SmtpSettings

ONE, TWO = (Fernet.generate_key().decode() for _ in range(2))
NEEDED: dict[str, Any] = {
    "database_url": "postgresql+asyncpg://localhost/x",
    "redis_url": "redis://localhost",
    "storage_url": "file:///tmp/x",
    "secret_keys": f"{ONE},{TWO}",
    "providers": {"openai": {"base_url": "http://localhost/v1", "api_key": "sk-secret-key"}},
}


def _settings(**more: Any) -> Settings:
    return Settings(**{**NEEDED, **more})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+asyncpg://u:p%40ss@db.internal:5432/name",
        "postgresql+asyncpg://u:p[a/s:s#@db/name",  # a driver takes it, so it is not ours to refuse
        "postgresql+asyncpg://u@/name?host=/run/postgres",
        "postgresql+asyncpg://[::1]:5432/name?ssl=require",
        "postgresql+asyncpg://u:p@/name?host=one:5432&host=two:5432&target_session_attrs=primary",
        "postgresql+asyncpg://u:p@bouncer/name?prepared_statement_cache_size=0",
    ],
)
def test_each_form_of_a_database_that_works_is_taken(url: str) -> None:
    assert make_url(_settings(database_url=url).database_url).drivername == "postgresql+asyncpg"


def test_keys_come_as_a_list_with_commas_newest_first() -> None:
    keys = _settings(secret_keys=f" {ONE} , {TWO} ,").secret_keys
    assert [key.get_secret_value() for key in keys] == [ONE, TWO]


def test_lists_are_read_from_the_environment_by_their_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEYARD_SECRET_KEYS", f"{ONE}, {TWO}")
    monkeypatch.setenv("TUNEYARD_EGRESS_ALLOW", "10.1.0.0/16, fd12::/16,")
    monkeypatch.setenv("TUNEYARD_APPRISE_SERVICES", "discord,tgram")
    read = Settings(**{name: value for name, value in NEEDED.items() if name != "secret_keys"})
    assert [key.get_secret_value() for key in read.secret_keys] == [ONE, TWO]
    assert [str(network) for network in read.egress_allow] == ["10.1.0.0/16", "fd12::/16"]
    assert read.apprise_services == ["discord", "tgram"]


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"secret_keys": ""}, ("secret_keys",)),
        ({"secret_keys": "sk-secret-key"}, ("secret_keys",)),
        ({"secret_keys": f"{ONE},sk-secret-key"}, ("secret_keys",)),
        ({"database_url": "sk-secret-key"}, ("database_url",)),
        ({"database_url": "postgresql://u:sk-secret-key@h/x"}, ("database_url",)),  # another driver
        ({"database_url": "postgresql+asyncpg://u:sk-secret-key@h:port/x"}, ("database_url",)),
        ({"database_url": "postgresql+asyncpg://u:sk-secret-key@h:65536/x"}, ("database_url",)),
        ({"database_url": "postgresql+asyncpg://u:sk-secret-key@h/x?sslmode=require"}, ("database_url",)),  # libpq's
        ({"database_url": "postgresql+asyncpg://u:sk-secret-key@h/x?ssl=true"}, ("database_url",)),
        ({"redis_url": "sk-secret-key"}, ("redis_url",)),
        ({"redis_url": "redis://:sk-secret-key@h:port/0"}, ("redis_url",)),
        ({"storage_url": "/var/files"}, ("storage_url",)),
        ({"storage_url": "ftp://h/x"}, ("storage_url",)),
        (
            {"slack_api_url": "https://slack.com/api"},
            ("slack_api_url",),
        ),  # a method would take the place of api
        ({"public_url": "https://tune.example.com/?a=b"}, ("public_url",)),
        ({"providers": {"a": {"base_url": "api.openai.com/v1", "api_key": "k"}}}, ("providers", "a", "base_url")),
        ({"smtp": {"host": "mail", "from": "Tuneyard"}}, ("smtp", "from")),
        ({"smtp": {"host": "mail", "from": "a@b.example", "ca_file": "/nowhere/ca.pem"}}, ("smtp", "ca_file")),
        ({"providers": {}}, ("providers",)),
        ({"providers": {"a": {"api_key": "sk-secret-key"}}}, ("providers", "a", "base_url")),
        (
            {"providers": {"a": {"base_url": "http://x", "api_key": "sk-secret-key", "timeout_seconds": 0}}},
            ("providers", "a", "timeout_seconds"),
        ),
        (
            {"providers": {"a": {"base_url": "http://x", "api_key": "sk-secret-key", "settle_seconds": -1}}},
            ("providers", "a", "settle_seconds"),
        ),
        ({"pipeline": {"lease_seconds": 0}}, ("pipeline", "lease_seconds")),
        ({"pipeline": {"attempts": 0}}, ("pipeline", "attempts")),
        ({"port": 65536}, ("port",)),
        ({"log_level": "loud"}, ("log_level",)),
        ({"egress_allow": "10.1.0.0/16,10.1.2.3/16"}, ("egress_allow",)),
        ({"apprise_services": "discord,json"}, ("apprise_services",)),  # goes wherever its URL says
        ({"public_url": "tuneyard.example.com"}, ("public_url",)),
        ({"smtp": {"from": "a@example.com"}}, ("smtp", "host")),
        ({"smtp": {"host": "mail"}}, ("smtp", "from")),
        ({"smtp": {"host": "mail", "from": "a@b.example", "tls": "auto"}}, ("smtp", "tls")),  # stripped, it is none
        ({"smtp": {"host": "mail", "from": "a@b.example", "username": "u"}}, ("smtp",)),
        ({"smtp": {"host": "mail", "from": "a@b.example", "timeout_seconds": 60}}, ("smtp", "timeout_seconds")),
    ],
)
def test_what_is_wrong_is_named_and_its_value_is_not_told(changed: dict[str, Any], place: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        _settings(**changed)
    assert [error["loc"] for error in refused.value.errors()] == [place]
    assert "sk-secret-key" not in str(refused.value) and "input_value" not in str(refused.value)


def test_variables_with_two_underscores_reach_into_the_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEYARD_PROVIDERS__MINE__BASE_URL", "http://mine/v1")
    monkeypatch.setenv("TUNEYARD_PROVIDERS__MINE__API_KEY", "k")
    monkeypatch.setenv("TUNEYARD_PIPELINE__CONCURRENCY", "3")
    settings = Settings(**{name: value for name, value in NEEDED.items() if name != "providers"})
    assert settings.providers["mine"].api_key == SecretStr("k")
    assert settings.pipeline.concurrency == 3


@pytest.mark.parametrize(("names", "expected"), [(["a", "default"], "default"), (["only"], "only")])
def test_new_jobs_go_to_the_provider_called_default_or_to_the_only_one(names: list[str], expected: str) -> None:
    one = {"base_url": "http://x/v1", "api_key": "k"}
    assert _settings(providers=dict.fromkeys(names, one)).default_provider == expected


def _smtp(**more: Any) -> SmtpSettings | None:
    return _settings(smtp={"host": "mail.example.com", "from": "Tuneyard <t@example.com>", **more}).smtp


@pytest.mark.parametrize(
    ("more", "port"),
    [
        ({}, 587),
        ({"port": "", "username": "", "password": ""}, 587),
        ({"tls": "tls"}, 465),
        ({"tls": "none"}, 25),
        ({"tls": "none", "port": 1025}, 1025),
    ],
)
def test_the_kind_of_tls_has_a_port(more: dict[str, Any], port: int) -> None:
    smtp = _smtp(**more)
    assert smtp is not None and smtp.dialled_port == port


@pytest.mark.parametrize(
    ("host", "taken"),
    [
        ("localhost", True),
        ("127.0.0.2", True),
        ("::1", True),
        ("mail.example.com", False),
        ("10.0.0.1", False),
        ("localhost.example.com", False),  # a name that begins so
    ],
)
def test_credentials_go_in_clear_to_this_machine_only(host: str, taken: bool) -> None:  # noqa: FBT001 (a row)
    clear = {"host": host, "tls": "none", "username": "u", "password": "sk-secret-key"}
    if taken:
        assert _smtp(**clear)
        return
    with pytest.raises(ValidationError, match="in clear") as refused:
        _smtp(**clear)
    assert "sk-secret-key" not in str(refused.value)


def test_mail_is_there_when_its_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not _settings().can_mail
    monkeypatch.setenv("TUNEYARD_SMTP__HOST", "mail")
    monkeypatch.setenv("TUNEYARD_SMTP__FROM", "Tuneyard <t@example.com>")
    monkeypatch.setenv("TUNEYARD_APPRISE_SERVICES", "discord, tgram")
    settings = _settings()
    assert settings.can_mail and settings.smtp is not None
    assert settings.smtp.sender == "Tuneyard <t@example.com>"
    assert settings.apprise_services == ["discord", "tgram"]
