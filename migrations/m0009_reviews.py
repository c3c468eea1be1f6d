"""Reviews of completed orders."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0009"
VERSION = "1.38.0"
DESCRIPTION = "Reviews of completed orders."

SQL = """
CREATE TABLE reviews (
  order_id bigint PRIMARY KEY REFERENCES orders,
  expert_id bigint NOT NULL REFERENCES experts,
  user_id bigint NOT NULL REFERENCES users,
  rating integer NOT NULL CHECK (rating BETWEEN 1 AND 5),
  comment text NOT NULL DEFAULT '' CHECK (comment = '' OR length(comment) BETWEEN 10 AND 1000),
  display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 120),
  anonymous boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  edited_at timestamptz
);
CREATE INDEX reviews_expert ON reviews (expert_id, created_at DESC);
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
