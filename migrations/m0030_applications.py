"""Becoming a mentor: what was typed and not saved yet, and what was decided, for good."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0030"
VERSION = "1.38.0"
DESCRIPTION = "Becoming a mentor: what was typed and not saved yet, and what was decided, for good."

SQL = """
-- What stands in a step of the form and is not part of the profile yet, as it was typed, right or wrong. NULL: nothing;
-- the row stays, for its version tells a page's late saving from a new one.
CREATE TABLE application_drafts (
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  step text NOT NULL CHECK (step IN ('tentang', 'keahlian', 'layanan', 'jadwal')),
  typed jsonb CHECK (jsonb_typeof(typed) = 'object' AND pg_column_size(typed) < 300000),
  version integer NOT NULL DEFAULT 0 CHECK (version >= 0),
  saved_at timestamptz NOT NULL DEFAULT app_now(),
  PRIMARY KEY (user_id, step)
);

CREATE TABLE application_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  expert_id bigint NOT NULL REFERENCES experts,
  event text NOT NULL CHECK (event IN ('submitted', 'withdrawn', 'verified', 'rejected')),
  actor_id bigint NOT NULL REFERENCES users,
  reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
  at timestamptz NOT NULL DEFAULT app_now(),
  CHECK (event <> 'rejected' OR reason <> '')
);
CREATE INDEX application_events_expert ON application_events (expert_id, id);
CREATE INDEX experts_submitted ON experts (id) WHERE status = 'submitted';

CREATE TRIGGER application_events_append_only BEFORE UPDATE OR DELETE ON application_events
  FOR EACH ROW EXECUTE FUNCTION append_only();

-- Nobody could send one before, so nothing says why these wait or were sent back.
UPDATE experts SET status = 'draft' WHERE status IN ('submitted', 'rejected');
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
