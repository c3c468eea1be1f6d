"""The admins' desk: who did what, when, from where and why, for good; lists kept under a name; passwords given lately."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0035"
VERSION = "1.38.0"
DESCRIPTION = "The admins' desk: who did what, when, from where and why, for good; lists kept under a name."

SQL = """
-- One row a change by an admin, written in the change's own transaction. `kind` and `subject` name what it was done to
-- ('order', 'BE-…'); the sign-in's address and device are copied, since sign-ins are forgotten.
CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT app_now(),
  actor_id bigint NOT NULL REFERENCES users,
  session_id bigint NOT NULL,
  address inet,
  user_agent text NOT NULL DEFAULT '',
  action text NOT NULL CHECK (action <> ''),
  kind text NOT NULL CHECK (kind <> ''),
  subject text NOT NULL,
  amount bigint,
  reason text NOT NULL DEFAULT '',
  detail jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object')
);
CREATE INDEX audit_log_subject ON audit_log (kind, subject, id);
CREATE INDEX audit_log_actor ON audit_log (actor_id, id);
CREATE INDEX audit_log_action ON audit_log (action, id);
CREATE INDEX audit_log_at ON audit_log (at);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- A list of the desk as an admin narrowed it down, to come back to: `query` is the address's part behind the "?".
CREATE TABLE saved_filters (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  desk text NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  query text NOT NULL CHECK (length(query) <= 1000),
  CONSTRAINT saved_filters_name UNIQUE (user_id, desk, name)
);

-- When whoever is signed in last gave the password: what is sensitive asks again after ten minutes.
ALTER TABLE login_sessions ADD COLUMN confirmed_at timestamptz;
UPDATE login_sessions SET confirmed_at = created_at;
ALTER TABLE login_sessions ALTER COLUMN confirmed_at SET NOT NULL, ALTER COLUMN confirmed_at SET DEFAULT app_now();
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
