"""The databases tests are given: as the migrations left them, whatever the test before did."""

from urllib.parse import urlsplit

from mentorinaja.db.pool import Database
from tests.support.accounts import make_account
from tests.support.database import fresh_database


def name_of(db: Database) -> str:
    return urlsplit(db.dsn).path


async def test_a_database_is_used_again_without_what_was_written_into_it(database_server: str) -> None:
    async with fresh_database(database_server) as db:
        first = name_of(db)
        policies = await db.fetch("SELECT * FROM policies ORDER BY id")
        user_id = await make_account(db)
        await db.execute("UPDATE app_clock SET shift = interval '1 day'")
    async with fresh_database(database_server) as db:
        assert name_of(db) == first
        assert await db.fetchval("SELECT count(*) FROM users") == 0
        assert await db.fetch("SELECT * FROM policies ORDER BY id") == policies
        assert not await db.fetchval("SELECT shift FROM app_clock")
        assert await make_account(db) == user_id, "numbers begin anew"


async def test_a_database_whose_structure_was_altered_is_not_used_again(database_server: str) -> None:
    for harm in (
        "ALTER TABLE ledger_entries DISABLE TRIGGER USER",
        "ALTER TABLE orders DROP COLUMN item_name CASCADE",
        "CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()'",
    ):
        async with fresh_database(database_server) as db:
            altered = name_of(db)
            await db.execute(harm)
        async with fresh_database(database_server) as db:
            assert name_of(db) != altered, harm
