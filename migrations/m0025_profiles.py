"""Another email that counts once it is confirmed, mails to an address that is no account's yet, tags told once."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0025"
VERSION = "1.38.0"
DESCRIPTION = "Another email that counts once it is confirmed, mails to an address that is no account's yet, tags told once."

SQL = """
-- Somebody asked for another address; it takes effect when its mailbox says so, and only the last one asked for can.
CREATE TABLE email_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  old_email citext NOT NULL,
  new_email citext NOT NULL CHECK (length(new_email) BETWEEN 3 AND 254),
  asked_at timestamptz NOT NULL DEFAULT app_now(),
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  outcome text CHECK (outcome IN ('confirmed', 'withdrawn', 'replaced')),
  CHECK (old_email <> new_email),
  CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX email_changes_open ON email_changes (user_id) WHERE ended_at IS NULL;
CREATE INDEX email_changes_old ON email_changes (asked_at);

-- Where a mail goes when not to the account's address of the moment at which it is sent.
ALTER TABLE outbox ADD COLUMN to_email citext;

-- The same word in other letters is the same tag: the first that was told stays.
DELETE FROM expert_tags t USING expert_tags first
WHERE first.expert_id = t.expert_id AND first.kind = t.kind AND lower(first.name) = lower(t.name)
  AND (first.place, first.name) < (t.place, t.name);
CREATE UNIQUE INDEX expert_tags_once ON expert_tags (expert_id, kind, lower(name));
-- What others use, by its beginning.
CREATE INDEX expert_tags_name ON expert_tags (kind, lower(name) text_pattern_ops);
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
