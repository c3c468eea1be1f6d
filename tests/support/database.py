"""A migrated database for each test: copied from a template once, then emptied and used again."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from io import BytesIO
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from mentorinaja.db.invariants import broken, broken_in
from mentorinaja.db.pool import Database

T = TypeVar("T")

TEMPLATE = "mentorinaja_template"
# A database that grew beyond this is thrown away: emptying leaves the pages, and big tests should not burden others.
_MOST_BYTES = 6 * 1024 * 1024
# How the catalogs are told apart: a test that altered a table, trigger or function has a database nobody else gets.
_STRUCTURE = "SELECT concat_ws(' ', " + ", ".join(
    f"(SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_catalog.{catalog})"
    for catalog in (
        "pg_class", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_index", "pg_proc", "pg_trigger", "pg_type",
        "pg_rewrite",
    )
) + ")"  # fmt: skip
_TABLES = """SELECT c.relname AS name, pg_relation_size(c.oid) AS bytes
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"""
_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_SEQUENCES = """SELECT setval(s.name::regclass, coalesce($1::jsonb -> s.name, start_value::text::jsonb)::bigint,
                              $1::jsonb ? s.name)
FROM (SELECT format('%I.%I', schemaname, sequencename) AS name, start_value FROM pg_sequences
      WHERE last_value IS NOT NULL) AS s"""
_USED_SEQUENCES = """SELECT coalesce(jsonb_object_agg(format('%I.%I', schemaname, sequencename), last_value), '{}')
FROM pg_sequences WHERE last_value IS NOT NULL"""


def address_of(server: str, database: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


async def administer(server: str, statement: str) -> None:
    """Run one statement on the server's own database."""
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


class Stock:
    """The test databases of one server, each with a connection of its own that checks and empties it.

    The connections outlive the tests and so live on a loop in a thread; what they have planned once stays planned.
    """

    def __init__(self, server: str) -> None:
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._numbers = itertools.count(1)
        self._keepers: dict[str, asyncpg.Connection[asyncpg.Record]] = {}
        self._clean: list[str] = []
        self._structure = ""
        # The rows every database begins with, as COPY writes them.
        self._rows: dict[str, bytes] = {}
        # And the last numbers its sequences gave, as a JSON object.
        self._numbered = "{}"

    async def take(self) -> str:
        """The name of a database that is as the migrations left it."""
        return await self._on_loop(self._take())

    async def give_back(self, name: str) -> None:
        """Nobody uses the database any more."""
        await self._on_loop(self._give_back(name))

    async def broken(self, name: str) -> dict[str, list[asyncpg.Record]]:
        """What `mentorinaja check-invariants` would find in it."""
        return await self._on_loop(self._broken(name))

    def close(self) -> None:
        """End the connections."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _on_loop(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _take(self) -> str:
        if self._clean:
            return self._clean.pop()
        name = f"test_{next(self._numbers)}"
        # Copying files takes a third of the time that copying through the log does, on a server that never syncs.
        await administer(self._server, f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}" STRATEGY FILE_COPY')
        if not self._structure:
            await self._learn(await self._keeper(name))
        return name

    async def _learn(self, keeper: asyncpg.Connection[asyncpg.Record]) -> None:
        self._structure = await keeper.fetchval(_STRUCTURE)
        self._numbered = await keeper.fetchval(_USED_SEQUENCES)
        for table in await keeper.fetch(_TABLES):
            if table["bytes"]:
                out = BytesIO()
                await keeper.copy_from_table(table["name"], output=out)
                self._rows[table["name"]] = out.getvalue()

    async def _give_back(self, name: str) -> None:
        keeper = await self._keeper(name)
        async with asyncio.timeout(30):
            while await keeper.fetch(_OTHERS):
                await asyncio.sleep(0.005)
        tables = await keeper.fetch(_TABLES)
        if (
            sum(table["bytes"] for table in tables) > _MOST_BYTES
            or await keeper.fetchval(_STRUCTURE) != self._structure
        ):
            await keeper.close()
            await administer(self._server, f'DROP DATABASE "{name}" WITH (FORCE)')
            return
        async with keeper.transaction():
            # Rows go and come without the triggers that keep them in the product.
            await keeper.execute("SET LOCAL session_replication_role = replica")
            await keeper.execute(
                "; ".join(f'DELETE FROM "{table["name"]}"' for table in tables if table["bytes"])
            )
            for table, rows in self._rows.items():
                await keeper.copy_to_table(table, source=BytesIO(rows))
            await keeper.fetch(_SEQUENCES, self._numbered)
        self._clean.append(name)

    async def _broken(self, name: str) -> dict[str, list[asyncpg.Record]]:
        keeper = await self._keeper(name)
        async with keeper.transaction(isolation="repeatable_read", readonly=True):
            return await broken_in(keeper)

    async def _keeper(self, name: str) -> asyncpg.Connection[asyncpg.Record]:
        keeper = self._keepers.get(name)
        if keeper is None or keeper.is_closed():
            keeper = self._keepers[name] = await asyncpg.connect(
                address_of(self._server, name),
                max_cached_statement_lifetime=0,
                max_cacheable_statement_size=0,
            )
        return keeper

    async def _end(self) -> None:
        for keeper in self._keepers.values():
            await keeper.close()


# By the server's account and address.
_stocks: dict[str, Stock] = {}


def open_stock(server: str) -> Stock:
    """The stock of a server that has the migrated template."""
    place = urlsplit(server).netloc
    if place not in _stocks:
        _stocks[place] = Stock(server)
    return _stocks[place]


def close_stock(server: str) -> None:
    """End the stock of a server that is about to stop."""
    _stocks.pop(urlsplit(server).netloc).close()


@asynccontextmanager
async def fresh_database(server: str, *, size: int = 8) -> AsyncIterator[Database]:
    """A database as the migrations leave it."""
    stock = open_stock(server)
    name = await stock.take()
    db = await Database.connect(address_of(server, name), size)
    try:
        yield db
    finally:
        await db.close()
        await stock.give_back(name)


async def assert_invariants(db: Database) -> None:
    """No row may come back from any invariant."""
    parts = urlsplit(db.dsn)
    stock = _stocks.get(parts.netloc)
    found = await (stock.broken(parts.path.lstrip("/")) if stock else broken(db))
    problems = {name: [dict(row) for row in rows] for name, rows in found.items() if rows}
    assert not problems, problems
