"""The app's own role: what it may not do itself is done by triggers of the tables' owner; admins hide reviews."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0043"
VERSION = "1.38.0"
DESCRIPTION = "The app's own role: what it may not do itself is done by triggers of the tables' owner."

SQL = """
-- The app adds to conversations and cannot take from them. Forgetting one is a row of forgotten_rooms, and its trigger
-- works as the tables' owner. Nobody else may hang that function on a table of their own.
ALTER FUNCTION forget_room() SECURITY DEFINER SET search_path = public, pg_temp;
REVOKE EXECUTE ON FUNCTION forget_room() FROM PUBLIC;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
