"""Meeting links that expire, are spent and run short; the payment log as the desk searches it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0041"
VERSION = "1.38.0"
DESCRIPTION = "Meeting links that expire, are spent and run short; the payment log as the desk searches it."

SQL = """
-- A link is given only to sessions that end before `expires_at`. `spent_at`: when one that is not reusable was given
-- away, which is for ever: its two people know it. `added_by` is NULL for what came before the desk, or by the seeds.
ALTER TABLE meeting_links_pool
  ADD COLUMN expires_at timestamptz,
  ADD COLUMN spent_at timestamptz,
  ADD COLUMN added_by bigint REFERENCES users,
  ADD CHECK (spent_at IS NULL OR NOT reusable);
UPDATE meeting_links_pool l SET spent_at = u.given_at FROM meeting_link_uses u WHERE u.link_id = l.id AND NOT l.reusable;

CREATE FUNCTION meeting_link_spent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE meeting_links_pool SET spent_at = app_now()
    WHERE id = NEW.link_id AND NOT NEW.reusable AND spent_at IS NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER meeting_link_spent AFTER INSERT OR UPDATE OF link_id ON meeting_link_uses
  FOR EACH ROW EXECUTE FUNCTION meeting_link_spent();

-- What can be given, in the order in which it is: single ones first, and what expires soonest.
CREATE INDEX meeting_links_to_give ON meeting_links_pool (reusable, expires_at, id)
  WHERE retired_at IS NULL AND spent_at IS NULL;
CREATE INDEX meeting_links_spent ON meeting_links_pool (id) WHERE retired_at IS NULL AND spent_at IS NOT NULL;
CREATE INDEX meeting_links_retired ON meeting_links_pool (id) WHERE retired_at IS NOT NULL;
CREATE INDEX meeting_links_added ON meeting_links_pool (created_at);
CREATE INDEX meeting_links_words ON meeting_links_pool USING gin (url gin_trgm_ops);
CREATE INDEX meeting_link_uses_link ON meeting_link_uses (link_id);
-- The sessions that have, or wait for, a link.
CREATE INDEX bookings_by_video ON bookings (starts_at)
  WHERE status IN ('pending', 'confirmed') AND category = 'online_video';

-- The pool ran low: one row each time it fell below what is enough, told to the admins once.
CREATE TABLE link_shortages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  began_at timestamptz NOT NULL DEFAULT app_now(),
  ended_at timestamptz CHECK (ended_at >= began_at)
);
CREATE UNIQUE INDEX link_shortages_one_open ON link_shortages ((true)) WHERE ended_at IS NULL;

-- The log is turned by its id; what is rare or named is found without reading the rest.
CREATE INDEX payment_logs_transaction ON payment_logs (transaction_id, id) WHERE transaction_id IS NOT NULL;
CREATE INDEX payment_logs_status ON payment_logs (transaction_status, id);
CREATE INDEX payment_logs_rare ON payment_logs (source, id) WHERE source NOT IN ('notification', 'status');
CREATE INDEX payment_logs_at ON payment_logs (at);
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
