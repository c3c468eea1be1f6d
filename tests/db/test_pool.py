"""Transactions: all or nothing, retried when PostgreSQL asks, and no connection is ever lost."""

import asyncio
from typing import Any

import asyncpg
import pytest

from mentorinaja.db import waiting
from mentorinaja.db.migrate import migrate
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.db.waiting import wait_for_database
from tests.support.front import fronted
from tests.support.relay import relayed
from tests.support.streams import eventually


@atomic
async def shift_clock(tx: Connection, *, fail: bool) -> None:
    await tx.execute("UPDATE app_clock SET shift = '1 hour'")
    if fail:
        raise ValueError("half done")


async def test_an_action_that_fails_leaves_nothing_behind(db: Database) -> None:
    with pytest.raises(ValueError, match="half done"):
        await shift_clock(db, fail=True)
    assert await db.fetchval("SELECT shift = '0' FROM app_clock")


async def test_a_line_that_died_unheard_keeps_nobody_waiting_for_ever(db: Database) -> None:
    async with fronted(db.dsn) as (dsn, front):
        other = await Database.connect(dsn, 1, command_seconds=0.3)
        try:
            assert await other.fetchval("SELECT 1") == 1
            front.swallowing = True
            async with asyncio.timeout(60) as ours:
                with pytest.raises(TimeoutError):
                    await other.fetchval("SELECT 2")
            assert not ours.expired(), "it gave up by itself"
            front.swallowing = False
            front.cut()
            async with asyncio.timeout(60):
                assert await other.fetchval("SELECT 3") == 3
        finally:
            await other.close()


async def test_whoever_needs_a_database_that_is_starting_waits_and_says_so_once(db: Database) -> None:
    said: list[str] = []
    async with relayed(db.dsn) as (dsn, relay):
        await relay.cut()
        waits = asyncio.create_task(wait_for_database(dsn, said.append))
        await eventually(lambda: bool(said))
        await asyncio.sleep(waiting._PAUSE_SECONDS * 2)
        assert not waits.done()
        await relay.mend()
        async with asyncio.timeout(60):
            await waits
    assert len(said) == 1 and "waiting up to 30 seconds" in said[0]


async def test_a_database_that_recovers_is_waited_for_and_a_wrong_one_is_not(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Exception | None] = [asyncpg.CannotConnectNowError("the database system is starting up")]
    connect = asyncpg.connect

    async def recovering(dsn: str, **options: Any) -> Any:
        if answers and (problem := answers.pop()):
            raise problem
        return await connect(dsn, **options)

    monkeypatch.setattr(asyncpg, "connect", recovering)
    said: list[str] = []
    await wait_for_database(db.dsn, said.append)
    assert len(said) == 1 and "starting up" in said[0]
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await wait_for_database(db.dsn.rsplit("/", 1)[0] + "/nothing", said.append)


async def test_a_commit_that_fails_gives_its_connection_back(db: Database) -> None:
    await db.execute("CREATE TABLE parent (id int PRIMARY KEY)")
    await db.execute("CREATE TABLE child (parent int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")

    @atomic
    async def orphan(tx: Connection) -> None:
        await tx.execute("INSERT INTO child VALUES (1)")

    for _ in range(20):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await orphan(db)
    async with asyncio.timeout(60):
        assert await db.fetchval("SELECT count(*) FROM child") == 0


async def test_the_victim_of_a_deadlock_tries_again(db: Database) -> None:
    await db.execute("CREATE TABLE pair (id int PRIMARY KEY, n int DEFAULT 0)")
    await db.execute("INSERT INTO pair VALUES (1), (2)")
    met = asyncio.Barrier(2)
    tries = 0

    @atomic
    async def touch(tx: Connection, first: int, second: int) -> None:
        nonlocal tries
        tries += 1
        await tx.execute("UPDATE pair SET n = n + 1 WHERE id = $1", first)
        if tries <= 2:
            await met.wait()
        await tx.execute("UPDATE pair SET n = n + 1 WHERE id = $1", second)

    await asyncio.gather(touch(db, 1, 2), touch(db, 2, 1))
    assert tries > 2, "no deadlock came about: the test proves nothing"
    assert [row["n"] for row in await db.fetch("SELECT n FROM pair ORDER BY id")] == [2, 2]


async def test_migrating_twice_and_at_once_changes_nothing(db: Database) -> None:
    before = await db.fetchval("SELECT count(*) FROM migration")
    await asyncio.gather(asyncio.to_thread(lambda: asyncio.run(migrate(db.dsn))), migrate(db.dsn))
    assert await db.fetchval("SELECT count(*) FROM migration") == before
