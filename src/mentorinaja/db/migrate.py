"""Migrations: Piccolo runs the files in `migrations/` forward, one process at a time; the queue keeps its own schema."""

from __future__ import annotations

import contextlib
import io

import asyncpg
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.engine.finder import engine_finder
from piccolo.engine.postgres import PostgresEngine

import mentorinaja.db
from mentorinaja.db import rights

assert mentorinaja.db  # sets PICCOLO_CONF, which the engine finder reads

_ONE_AT_A_TIME = 7_221_944_018  # an arbitrary advisory lock number, the same in every process


class MigrationFailed(Exception):
    """Piccolo said a migration did not succeed."""


async def migrate(dsn: str, app_dsn: str = "") -> None:
    """Bring the database up to date that `dsn` leads its owner to. Safe to run from several processes at once.

    The role of `app_dsn`, where it is another address, is then granted what the app needs.
    Raises `MigrationFailed` and `rights.WrongRole`.
    """
    engine = engine_finder()
    assert isinstance(engine, PostgresEngine)
    engine.config = {"dsn": dsn}
    guard = await asyncpg.connect(dsn)
    try:
        await guard.execute("SELECT pg_advisory_lock($1)", _ONE_AT_A_TIME)
        output = io.StringIO()  # Piccolo prints its progress; only a failure is worth showing
        with contextlib.redirect_stdout(output):
            result = await run_forwards("mentorinaja")
        if not result.success:
            raise MigrationFailed(output.getvalue())
        await _migrate_queue(guard)
        if app_dsn not in ("", dsn):
            await rights.grant(guard, app_dsn)
    finally:
        await guard.close()


def sql_migration(migration_id: str, description: str, sql: str) -> MigrationManager:
    """A forward migration made of plain SQL, run whole in one transaction."""
    manager = MigrationManager(migration_id=migration_id, app_name="mentorinaja", description=description)

    async def run() -> None:
        engine = engine_finder()
        assert isinstance(engine, PostgresEngine)
        transaction = engine.current_transaction.get()
        assert transaction is not None, "Piccolo runs a migration inside a transaction"
        await transaction.connection.execute(sql)

    manager.add_raw(run)
    return manager


async def _migrate_queue(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    from pgqueuer.queries import Queries

    queue = Queries.from_asyncpg_connection(connection)
    if await queue.schema_is_installed():
        await queue.upgrade()
    else:
        await queue.install()
