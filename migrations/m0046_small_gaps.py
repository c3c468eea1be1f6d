"""A mentor's reply is hidden alone; notifications with a wrong signature are counted by the day."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0046"
VERSION = "1.38.0"
DESCRIPTION = "A mentor's reply is hidden alone; notifications with a wrong signature are counted by the day."

SQL = """
-- A reply that an admin hid is read by its mentor alone, with the reason; the review stays. `reply_moderated` counts
-- what the two were told of it: hidden, shown again.
ALTER TABLE reviews
  ADD COLUMN reply_hidden_at timestamptz,
  ADD COLUMN reply_hidden_because text NOT NULL DEFAULT '' CHECK (length(reply_hidden_because) <= 1000),
  ADD COLUMN reply_hidden_by bigint REFERENCES users,
  ADD COLUMN reply_moderated integer NOT NULL DEFAULT 0 CHECK (reply_moderated >= 0),
  ADD CONSTRAINT reviews_reply_hidden CHECK (
    (reply_hidden_at IS NULL) = (reply_hidden_because = '') AND (reply_hidden_at IS NULL) = (reply_hidden_by IS NULL)
    AND (reply_hidden_at IS NULL OR reply IS NOT NULL));
CREATE INDEX reviews_reply_hidden ON reviews (id) WHERE reply_hidden_at IS NOT NULL;

-- What was turned away is not kept: a row a day in Jakarta says how often, when last and from where, whoever sends
-- how much.
CREATE TABLE forged_notifications (
  day date PRIMARY KEY,
  count bigint NOT NULL CHECK (count > 0),
  last_at timestamptz NOT NULL,
  last_address inet
);
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
