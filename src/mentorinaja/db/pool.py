"""Connections and transactions: one pool per process, one decorator that makes an action one transaction."""

from __future__ import annotations

import asyncio
import functools
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

P = ParamSpec("P")
T = TypeVar("T")

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection  # generic for the type checker only

# A deadlock or serialization failure says "nothing happened, try again".
_RETRY = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
_ATTEMPTS = 5
# Longer than the server lets a statement run: only a line that died unheard takes so long to answer.
_COMMAND_SECONDS = 17.0
_SERVER_SETTINGS = {
    "application_name": "mentorinaja",
    "timezone": "UTC",
    "lock_timeout": "5s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "30s",
}


class Query(Protocol):
    """A Piccolo query: anything that can say its SQL."""

    @property
    def querystrings(self) -> Any: ...


class Database:
    """The process's pool. Actions take it and open their own transaction; reads go straight through it."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], dsn: str) -> None:
        self.pool = pool
        self.dsn = dsn

    @classmethod
    async def connect(
        cls,
        dsn: str,
        size: int = 8,
        *,
        command_seconds: float | None = _COMMAND_SECONDS,
        durable: bool = True,
    ) -> Database:
        """Open a pool of at most `size` connections, which wait so long for the answer to a statement.

        Without `durable` a commit does not wait for the disk: what was committed last may be lost with the machine.

        Raises asyncpg's errors when the server is not there.
        """
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=size,
            init=_prepare,
            reset=_reset,
            server_settings=_SERVER_SETTINGS | ({} if durable else {"synchronous_commit": "off"}),
            timeout=10,
            command_timeout=command_seconds,
        )
        return cls(pool, dsn)

    async def close(self) -> None:
        """Give the connections back; those still busy after five seconds are cut."""
        try:
            async with asyncio.timeout(5):
                await self.pool.close()
        except TimeoutError:
            self.pool.terminate()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction on one connection, released whatever happens, also when COMMIT fails."""
        async with self.pool.acquire() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """Several reads of one moment: a read-only REPEATABLE READ transaction."""
        async with (
            self.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """Rows of one read."""
        return await self.pool.fetch(sql, *args)

    async def fetchrow(self, sql: str, *args: object) -> asyncpg.Record | None:
        """The first row of one read, or None."""
        return await self.pool.fetchrow(sql, *args)

    async def fetchval(self, sql: str, *args: object) -> Any:
        """The first column of the first row, or None."""
        return await self.pool.fetchval(sql, *args)

    async def execute(self, sql: str, *args: object) -> str:
        """One statement that is a transaction of its own; answers its command tag."""
        return await self.pool.execute(sql, *args)


def atomic(
    action: Callable[Concatenate[Connection, P], Awaitable[T]],
) -> Callable[Concatenate[Database, P], Awaitable[T]]:
    """Make an action one transaction: it is written with a connection and called with the `Database`.

    Repeated up to five times, with a short random pause, when PostgreSQL chose it as the victim of a
    deadlock or serialization failure. Every other error rolls back and passes through.
    """

    @functools.wraps(action)
    async def opened(db: Database, /, *args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with db.transaction() as connection:
                    return await action(connection, *args, **kwargs)
            except _RETRY:
                if attempt == _ATTEMPTS:
                    raise
                await asyncio.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311 jitter, no secret
        raise AssertionError("the loop returns or raises")

    return opened


async def run(connection: Connection, query: Query) -> list[asyncpg.Record]:
    """Run a Piccolo query on this very connection, so that it is part of the transaction it belongs to."""
    rows: list[asyncpg.Record] = []
    for querystring in query.querystrings:
        sql, args = querystring.compile_string()
        rows = await connection.fetch(sql, *args)
    return rows


async def _prepare(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


async def _reset(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Nothing outlives a transaction here, so a connection that is in none goes back as it is.

    asyncpg would ask the server to forget its session after every query: a second round trip for each.
    """
    if connection.is_in_transaction():
        await connection.reset()
