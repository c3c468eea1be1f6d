"""Lists of the desk by day, among a million: mails by when they were written, orders counted in the index of their day."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0045"
VERSION = "1.38.0"
DESCRIPTION = (
    "Mails by when they were written, orders counted in the index of their day, mails that were not sent."
)

SQL = """
-- Days are found and turned by the time and then the id; what all orders amount to is added up without reading them.
DROP INDEX orders_made;
CREATE INDEX orders_made ON orders (created_at, id) INCLUDE (total);
CREATE INDEX outbox_made ON outbox (created_at);
-- As those for what failed or waits: a mail that is sent never stands in it.
CREATE INDEX outbox_dropped ON outbox (id) WHERE status = 'dropped';
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
