"""Mails that wait for their time, and kinds of mail that somebody does not want."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0033"
VERSION = "1.38.0"
DESCRIPTION = "Mails that wait for their time, and kinds of mail that somebody does not want."

SQL = """
-- When a mail is to go out; next_try_at is that, or later when it could not be sent.
ALTER TABLE outbox ADD COLUMN due_at timestamptz;
UPDATE outbox SET due_at = created_at;
ALTER TABLE outbox ALTER COLUMN due_at SET NOT NULL, ALTER COLUMN due_at SET DEFAULT app_now();

-- Which kinds can be switched off is for the code to say; a row of another kind would mean nothing.
CREATE TABLE unwanted_notices (
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  kind text NOT NULL,
  since timestamptz NOT NULL DEFAULT app_now(),
  PRIMARY KEY (user_id, kind)
);
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
