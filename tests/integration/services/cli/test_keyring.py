"""`tuneyard keyring`: after it an old key of the ring can be dropped, and nothing has become unreadable."""

import asyncio

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from typer.testing import CliRunner

from services.cli.keyring import reseal
from services.cli.main import app
from shared.db.database import Database
from shared.endpoints import registry, rotation
from shared.endpoints.sealed import COLUMNS
from shared.endpoints.tables import WebhookEndpoint
from shared.errors import TuneyardError
from shared.security.secrets_at_rest import KeyRing
from shared.security.tables import IdempotencyKey, Project
from shared.settings import Settings

OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))


async def _write(database: Database, ring: KeyRing) -> str:
    """Write one of everything that is encrypted, and return the endpoint's id."""
    async with database.begin() as session:
        session.add(Project(id="proj_1", name="one"))
        await session.flush()
        endpoint, _ = await registry.create(
            session,
            ring,
            "proj_1",
            name="x",
            url="https://a.example.com/h",
            event_types=["file.error"],
            signature="ed25519",
            headers={"X-A": "b"},
            credentials={"token": "t"},
        )
        await rotation.rotate(session, ring, endpoint, keep_old=True)
        answer = ring.encrypt("{}")
        session.add(IdempotencyKey(project_id="proj_1", key="k", fingerprint="f", status=200, answer=answer))
    return endpoint.id


def _settings(settings: Settings, *keys: str) -> Settings:
    return settings.model_copy(update={"secret_keys": [SecretStr(key) for key in keys]})


async def test_after_it_the_new_key_alone_opens_everything(settings: Settings) -> None:
    database, new = Database(settings.database_url), KeyRing([NEW])
    try:
        endpoint_id = await _write(database, KeyRing([OLD]))
        for _ in range(2):
            done = await reseal(_settings(settings, NEW, OLD))
            assert (done.written, done.unreadable) == (len(COLUMNS) + 2, [])
        async with database.begin() as session:
            endpoint = await session.get_one(WebhookEndpoint, endpoint_id)
            answer = await session.get_one(IdempotencyKey, ("proj_1", "k"))
        opened = [new.decrypt(getattr(endpoint, column)) for column in COLUMNS]
        assert opened[0].startswith("whsec_")
        assert opened[1].startswith("whsk_")
        assert opened[2:] == ['{"token": "t"}', '{"X-A": "b"}']
        assert new.decrypt(endpoint.previous_secrets[0]["secret"]).startswith("whsec_")
        assert new.decrypt(answer.answer) == "{}"
    finally:
        await database.close()


async def test_what_no_key_opens_is_named_and_left(settings: Settings) -> None:
    database = Database(settings.database_url)
    try:
        endpoint_id = await _write(database, KeyRing([LOST]))
        done = await reseal(_settings(settings, NEW, OLD))
        assert done.written == 0
        assert f"secret of {endpoint_id}" in done.unreadable
        async with database.begin() as session:
            stored = (await session.get_one(WebhookEndpoint, endpoint_id)).secret
        assert stored is not None
        assert KeyRing([LOST]).decrypt(stored).startswith("whsec_")
        with pytest.raises(TuneyardError):
            KeyRing([NEW]).decrypt(stored)
    finally:
        await database.close()


async def test_it_needs_the_keys_and_the_database_alone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEYARD_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TUNEYARD_SECRET_KEYS", f"{NEW},{OLD}")
    ended = await asyncio.to_thread(CliRunner().invoke, app, ["keyring"])
    assert (ended.exit_code, ended.stdout) == (0, "0 stored secrets are under the newest key.\n")
