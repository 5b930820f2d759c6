"""Which errors of the database are worth another try, asked of a real one."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.db.database import Database, sql
from shared.db.trouble import TROUBLE, passes


async def _do(database: Database, statement: str, **values: Any) -> None:
    async with database.begin() as session:
        await sql(session, text(statement), **values)


@pytest.mark.parametrize(
    ("statement", "passing", "remark"),
    [
        ("SELECT 1/0", False, "the data's fault"),
        ("SELECT nothing FROM nowhere", False, "ours"),
        ("INSERT INTO projects (id, name) VALUES ('a', 'a'), ('a', 'a')", False, "a rule of the tables"),
        ("SELECT '\\u0000'::jsonb", False, "what it cannot hold"),
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$", True, "a deadlock"),
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53300'; END $$", True, "too many connections"),
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '25006'; END $$", True, "a server that is being replaced"),
        ("SELECT pg_terminate_backend(pg_backend_pid())", True, "the connection was cut"),
    ],
)
async def test_which_trouble_with_the_database_passes(
    database: Database,
    statement: str,
    passing: bool,  # noqa: FBT001
    remark: str,
) -> None:
    with pytest.raises(TROUBLE) as told:
        await _do(database, statement)
    assert isinstance(told.value, DBAPIError)
    assert passes(told.value) is passing, remark


async def test_an_argument_that_no_column_takes_does_not_pass(database: Database) -> None:
    with pytest.raises(DBAPIError) as told:
        await _do(database, "SELECT CAST(:value AS bigint)", value="x")
    assert passes(told.value) is False
    assert "'x'" not in str(told.value).splitlines()[-1]


async def test_a_pool_that_is_used_up_passes(database_url: str) -> None:
    database = Database(database_url, pool_size=1)
    database.engine.sync_engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    async with database.begin() as session:
        await sql(session, text("SELECT 1"))
        with pytest.raises(TROUBLE) as told:
            await _do(database, "SELECT 1")
    assert not isinstance(told.value, DBAPIError)
    assert passes(told.value)  # type: ignore[arg-type]
    await database.close()
