"""The app's own role: it works with rows, and cannot undo what is append-only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio

from mentorinaja.audit.actions import record
from mentorinaja.db.migrate import migrate
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.db.rights import WrongRole, owns_tables
from mentorinaja.web.viewer import Viewer
from tests.support.database import address_of, administer
from tests.support.desk import make_admin

KEPT = (
    "application_events", "audit_log", "chat_messages", "credit_notes", "downloads", "forgotten_rooms", "invoices",
    "ledger_accounts", "ledger_entries", "ledger_journals", "order_events", "payment_logs", "policies", "refund_steps",
    "session_arrivals", "session_events", "withdrawal_steps",
)  # fmt: skip
_PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


def _as_role(dsn: str, role: str) -> str:
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(netloc=f"{role}:rahasia@{parts.hostname}:{parts.port}"))


@pytest_asyncio.fixture
async def managed(database_server: str) -> AsyncIterator[tuple[str, str]]:
    """The addresses of owner and app in a database as a managed server has it: neither is a superuser."""
    await administer(
        database_server,
        """CREATE ROLE managed_owner LOGIN PASSWORD 'rahasia' CREATEROLE;
           CREATE ROLE managed_app LOGIN PASSWORD 'rahasia'""",
    )
    await administer(database_server, "CREATE DATABASE managed OWNER managed_owner")
    owner = _as_role(address_of(database_server, "managed"), "managed_owner")
    yield owner, _as_role(owner, "managed_app")
    await administer(database_server, "DROP DATABASE managed WITH (FORCE)")
    await administer(database_server, "DROP ROLE managed_app, managed_owner")


@atomic
async def _note(tx: Connection, admin: Viewer) -> None:
    await record(tx, admin, "list.exported", "list", "orders")


async def _refused(where: Database | Connection, statement: str, how: type[asyncpg.PostgresError]) -> None:
    """Assert that the database refuses the statement with this error."""
    with pytest.raises(asyncpg.PostgresError) as refusal:
        await where.execute(statement)
    assert refusal.type is how, f"{statement}: {refusal.value}"


async def test_the_app_adds_to_the_log_and_the_ledger_and_can_do_nothing_else_to_them(
    managed: tuple[str, str],
) -> None:
    owner_dsn, app_dsn = managed
    await migrate(owner_dsn, app_dsn)
    await migrate(owner_dsn, app_dsn)
    assert await owns_tables(owner_dsn) and not await owns_tables(app_dsn)
    owner, db = await asyncpg.connect(owner_dsn), await Database.connect(app_dsn, 2)
    try:
        await _note(db, await make_admin(db))
        for table in ("audit_log", "ledger_entries", "ledger_journals", "ledger_accounts"):
            for statement in (
                f"UPDATE {table} SET id = DEFAULT",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
                f"ALTER TABLE {table} DISABLE TRIGGER ALL",
                f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only",
                f"DROP TRIGGER {table}_append_only ON {table}",
                f"DROP TABLE {table} CASCADE",
                f"CREATE RULE quiet AS ON INSERT TO {table} DO INSTEAD NOTHING",
            ):
                await _refused(db, statement, asyncpg.InsufficientPrivilegeError)
        for statement in (
            "SET session_replication_role = replica",
            "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "SET ROLE managed_owner",
            "CREATE TABLE mine (id bigint)",
            "CREATE TEMP TABLE mine (booking_id uuid); CREATE TRIGGER forget_room BEFORE INSERT ON mine "
            "FOR EACH ROW EXECUTE FUNCTION forget_room()",
        ):
            await _refused(db, statement, asyncpg.InsufficientPrivilegeError)
        # The owner is refused by the triggers alone, and can take them away.
        for statement in ("UPDATE audit_log SET reason = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"):
            await _refused(owner, statement, asyncpg.RestrictViolationError)
        async with owner.transaction():
            await owner.execute(
                "ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only; DELETE FROM audit_log"
            )
        assert await db.fetchval("SELECT count(*) FROM audit_log") == 0
    finally:
        await owner.close()
        await db.close()


async def test_what_the_role_has_follows_from_the_triggers_also_of_later_tables(
    managed: tuple[str, str], database_server: str
) -> None:
    owner_dsn, app_dsn = managed
    await migrate(owner_dsn)
    owner = await asyncpg.connect(owner_dsn)
    try:
        await owner.execute(
            "CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY); GRANT ALL ON later TO managed_app"
        )
        await migrate(owner_dsn, app_dsn)
        rows = await owner.fetch(
            """SELECT c.relname AS name, array_agg(p.name ORDER BY p.at) FILTER (
                 WHERE has_table_privilege('managed_app', c.oid, p.name)) AS held
               FROM pg_class c, unnest($1::text[]) WITH ORDINALITY AS p(name, at)
               WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v') GROUP BY c.relname""",
            list(_PRIVILEGES),
        )
        held = {row["name"]: row["held"] for row in rows}
        assert held.pop("migration") == held.pop("invoice_differences") == ["SELECT"]
        appended = {name for name, rights in held.items() if rights == ["SELECT", "INSERT"]}
        assert set(KEPT) <= appended, "what is append-only has a trigger that says so"
        others = {tuple(rights) for name, rights in held.items() if name not in appended}
        assert (
            others == {("SELECT", "INSERT", "UPDATE", "DELETE")}
            and {"pgqueuer", "later"} <= held.keys() - appended
        )
        # A role that could help itself is refused, and so is what everybody may.
        await owner.execute("GRANT UPDATE ON audit_log TO PUBLIC")
        with pytest.raises(WrongRole, match=r"audit_log \(update\)"):
            await migrate(owner_dsn, app_dsn)
        await owner.execute("REVOKE UPDATE ON audit_log FROM PUBLIC")
        await administer(database_server, "GRANT managed_owner TO managed_app")
        with pytest.raises(WrongRole, match="managed_app"):
            await migrate(owner_dsn, app_dsn)
    finally:
        await owner.close()
