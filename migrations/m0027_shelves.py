"""Services and products are changed by their expert: versions, and what has been booked is found by its service."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0027"
VERSION = "1.38.0"
DESCRIPTION = "Services and products are changed by their expert: versions, bookings by their service."

SQL = """
-- A form says which version it shows: what was changed elsewhere meanwhile is not overwritten unseen.
ALTER TABLE services ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE products ADD COLUMN version integer NOT NULL DEFAULT 1;

-- Asked for each service of its expert's page, and by the foreign key before one is deleted.
CREATE INDEX bookings_service ON bookings (service_id);
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
