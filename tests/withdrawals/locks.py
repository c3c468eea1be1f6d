"""Holding others back at a table, and seeing that they wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from mentorinaja.db.pool import Database


@asynccontextmanager
async def held(db: Database, table: str) -> AsyncIterator[None]:
    """Nobody can write to the table, nor lock its rows, until the block ends."""
    connection = await asyncpg.connect(db.dsn)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def waiting(db: Database, people: int = 1) -> None:
    """So many wait for a lock. Raises TimeoutError when they do not come."""
    async with asyncio.timeout(60):
        while people > await db.fetchval(
            """SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock'"""
        ):
            await asyncio.sleep(0.02)
