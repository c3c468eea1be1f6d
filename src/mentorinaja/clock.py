"""The one clock: the database's `app_now()`, which demo and tests may shift; processes follow it without asking."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import asyncpg

from mentorinaja.db.pool import Connection, Database


class Clock:
    """What time the database says it is, carried forward by this process's monotonic clock.

    The hub corrects it every few seconds and at once when somebody moves the database's clock. Good for
    showing; a deadline is decided in SQL by `app_now()`.
    """

    def __init__(self) -> None:
        self._said = datetime.now(UTC)
        self._heard = time.monotonic()

    def now(self) -> datetime:
        """The current time, aware UTC."""
        return self._said + timedelta(seconds=time.monotonic() - self._heard)

    def set(self, said: datetime) -> None:
        """Take over what the database just said."""
        self._said, self._heard = said, time.monotonic()


class DatabaseClock:
    """Asks the database each time, over one connection of its own; for programs without a pool."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._turn = asyncio.Lock()

    async def __call__(self) -> datetime:
        """The current time, aware UTC. Raises asyncpg's errors when the database is not there."""
        async with self._turn:
            if self._connection is None or self._connection.is_closed():
                self._connection = await asyncpg.connect(self._dsn, timeout=5)
            return await now(self._connection)


async def now(connection: Connection | Database) -> datetime:
    """Ask the database; aware UTC."""
    said: datetime = await connection.fetchval("SELECT app_now()")
    return said


async def shift(db: Database, by: timedelta | None) -> timedelta:
    """Move the clock on by `by` (None: back to real time); answers the shift now in force.

    Only the demo and tests call this; the web process refuses to start on a shifted clock in production.
    """
    if by is None:
        await db.execute("UPDATE app_clock SET shift = '0'")
    else:
        await db.execute("UPDATE app_clock SET shift = shift + $1", by)
    in_force: timedelta = await db.fetchval("SELECT shift FROM app_clock")
    return in_force
