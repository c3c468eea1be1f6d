"""Files in a conversation: what is stored of each, and the message that carries it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0012"
VERSION = "1.38.0"
DESCRIPTION = "Files in a conversation: what is stored of each, and the message that carries it."

SQL = """
-- Written before the file is stored and kept only with its message: a sweep takes away what never got one.
CREATE TABLE attachments (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  booking_id uuid NOT NULL REFERENCES active_sessions,
  sender_id bigint NOT NULL REFERENCES users,
  media_type text NOT NULL
    CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg', 'image/webp')),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  size_bytes integer NOT NULL CHECK (size_bytes BETWEEN 1 AND 10485760),
  sha256 bytea NOT NULL CHECK (length(sha256) = 32),
  -- of pictures, and of what is shown of them in the thread
  small_sha256 bytea CHECK (length(small_sha256) = 32),
  width integer, height integer,
  small_width integer, small_height integer,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  CHECK ((media_type = 'application/pdf') = (width IS NULL)),
  CHECK ((width IS NULL) = (height IS NULL) AND (width IS NULL) = (small_width IS NULL)
    AND (width IS NULL) = (small_sha256 IS NULL)
    AND (small_width IS NULL) = (small_height IS NULL))
);
CREATE INDEX attachments_room ON attachments (booking_id);

ALTER TABLE chat_messages
  ADD COLUMN attachment_id uuid CONSTRAINT chat_messages_attachment UNIQUE REFERENCES attachments,
  DROP CONSTRAINT chat_messages_text_check,
  ADD CONSTRAINT chat_messages_text_check
    CHECK (length(text) <= 4000 AND (length(text) > 0 OR attachment_id IS NOT NULL));
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
