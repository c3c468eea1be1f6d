"""The database's clock, which demo and tests may shift, and the doorbell every change rings."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0001"
VERSION = "1.38.0"
DESCRIPTION = "The database's clock, which demo and tests may shift, and the doorbell every change rings."

SQL = """
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS citext;

CREATE TABLE app_clock (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  shift interval NOT NULL DEFAULT '0'
);
INSERT INTO app_clock DEFAULT VALUES;

-- The one clock everything asks. STABLE (time of the statement), so that indexes on deadlines can be used.
CREATE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE
  AS $$ SELECT statement_timestamp() + shift FROM app_clock $$;

-- Rings the doorbell: one channel for all, a topic such as 'room:<uuid>:<seq>' or 'order:<id>'; ids only.
CREATE FUNCTION live_publish(topic text) RETURNS void LANGUAGE sql
  AS $$ SELECT pg_notify('live', topic) $$;

CREATE FUNCTION clock_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM live_publish('clock');
  RETURN NULL;
END $$;
CREATE TRIGGER clock_moved AFTER UPDATE ON app_clock FOR EACH ROW EXECUTE FUNCTION clock_moved();

-- Rows that must never change once written (ledger, payment log, events): the database refuses.
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
