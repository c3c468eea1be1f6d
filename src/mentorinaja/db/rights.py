"""What the app's own role may do in the database: work with rows, but neither own a table nor undo what is append-only."""

from __future__ import annotations

from typing import TypeAlias

import asyncpg

Link: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# Of every table: what the app is to have, and what it was given by name. A trigger that refuses to change and to delete
# any row says that the table is append-only. (Where only changes are refused, rows are locked before they go, for which
# PostgreSQL asks for the right to change.) Views and Piccolo's list of migrations are read at most.
_TABLES = """
SELECT c.oid::regclass::text AS name,
  CASE WHEN c.relkind IN ('v', 'm') OR c.relname = 'migration' THEN ARRAY['SELECT']
       WHEN EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
         WHERE t.tgrelid = c.oid AND p.proname IN ('append_only', 'conversation_append_only')
           AND t.tgtype & 27 = 27  -- each row, before, update and delete
           AND t.tgqual IS NULL AND t.tgattr = ''::int2vector) THEN ARRAY['SELECT', 'INSERT']
       ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] END AS wanted,
  ARRAY(SELECT a.privilege_type FROM aclexplode(c.relacl) a WHERE a.grantee = $1) AS given
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY c.relname"""
# Functions are everybody's by default, but for those that do what their caller may not.
_FUNCTIONS = """
SELECT p.oid::regprocedure::text AS name FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND NOT p.prosecdef
  AND pg_has_role(p.proowner, 'USAGE') AND NOT has_function_privilege($1::oid, p.oid, 'EXECUTE')"""
# What the role has beyond what it was given by name: from PUBLIC, another role, or by owning.
_TOO_MUCH = """
SELECT c.oid::regclass::text || ' (' || lower(p.name) || ')' FROM pg_class c, unnest(ARRAY[
    'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p(name)
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
  AND has_table_privilege($1::oid, c.oid, p.name)
  AND NOT EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee = $1 AND a.privilege_type = p.name)
ORDER BY 1 LIMIT 3"""
_PLACE = """
SELECT current_user AS role, quote_ident(current_user) AS quoted, oid, rolsuper OR rolcreaterole AS mighty,
  current_database() || ' ' || pg_postmaster_start_time() AS place
FROM pg_roles WHERE rolname = current_user"""
_OWNS = """
SELECT pg_has_role(relowner, 'MEMBER') FROM pg_class
WHERE oid = to_regclass('public.migration')"""


class WrongRole(Exception):
    """The app's role cannot be the one it is to be; the text says what is wrong with it."""


async def owns_tables(dsn: str) -> bool:
    """Whether whoever connects at `dsn` could alter the tables; also where there are none yet."""
    link = await asyncpg.connect(dsn, timeout=10)
    try:
        return await link.fetchval(_OWNS) is not False
    finally:
        await link.close()


async def grant(owner: Link, app_dsn: str) -> None:
    """Give the role that connects at `app_dsn` what the app needs of the database of `owner`, and take the rest.

    Twice is once. Nothing is done when both are one role. Raises `WrongRole` for a role that could help itself.
    """
    app = await _connected_as(app_dsn)
    own = await owner.fetchrow(_PLACE)
    assert own is not None, "every role is in the list"
    if app["place"] != own["place"]:
        raise WrongRole("DATABASE_URL and DATABASE_OWNER_URL lead to different databases.")
    if app["role"] == own["role"]:
        return
    if app["mighty"] or await owner.fetchval(
        "SELECT pg_has_role($1::oid, current_user, 'MEMBER')", app["oid"]
    ):
        raise WrongRole(
            f"The role {app['role']} of DATABASE_URL may do what the owner of the tables may; "
            "make one for the app that is no superuser, creates no roles and is a member of none."
        )
    async with owner.transaction():
        await _grant_all(owner, app["oid"], app["quoted"])
        await _check(owner, app["oid"], app["role"])


async def _connected_as(dsn: str) -> asyncpg.Record:
    link = await asyncpg.connect(dsn, timeout=10)
    try:
        row = await link.fetchrow(_PLACE)
    finally:
        await link.close()
    assert row is not None, "every role is in the list"
    return row


async def _grant_all(owner: Link, oid: int, role: str) -> None:
    """Statements for what differs alone: a grant that changes nothing would make every plan anew."""
    statements = [
        f"REVOKE ALL ON {table['name']} FROM {role}; GRANT {', '.join(table['wanted'])} ON {table['name']} TO {role}"
        for table in await owner.fetch(_TABLES, oid)
        if set(table["wanted"]) != set(table["given"])
    ]
    statements += [
        f"GRANT EXECUTE ON FUNCTION {function['name']} TO {role}"
        for function in await owner.fetch(_FUNCTIONS, oid)
    ]
    statements += [
        f"GRANT USAGE ON SCHEMA public TO {role}",
        # Everybody may make tables in a database that an old PostgreSQL laid out.
        f"REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        # What comes later is at first read and added to; the next `migrate` gives the rest.
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {role}",
    ]
    for statement in statements:
        await owner.execute(statement)


async def _check(owner: Link, oid: int, role: str) -> None:
    found = [row[0] for row in await owner.fetch(_TOO_MUCH, oid)]
    if await owner.fetchval("SELECT has_schema_privilege($1::oid, 'public', 'CREATE')", oid):
        found.append("schema public (create)")
    if found:
        raise WrongRole(
            f"The role {role} of DATABASE_URL has rights that nobody gave it by name: {', '.join(found)}. "
            "Take them from PUBLIC or from the roles it is a member of."
        )
