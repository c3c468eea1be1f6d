"""Photos of experts: what is stored of each, and the one that is shown."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0026"
VERSION = "1.38.0"
DESCRIPTION = "Photos of experts: what is stored of each, and the one that is shown."

SQL = """
-- The row of a photo comes before its files; a sweep takes away what no expert shows.
CREATE TABLE expert_photos (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  expert_id bigint NOT NULL REFERENCES experts ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  UNIQUE (expert_id, id)
);
CREATE INDEX expert_photos_age ON expert_photos (created_at);

-- Nobody shows another one's.
ALTER TABLE experts
  ADD COLUMN photo_id uuid UNIQUE,
  ADD CONSTRAINT experts_own_photo FOREIGN KEY (id, photo_id) REFERENCES expert_photos (expert_id, id);
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
