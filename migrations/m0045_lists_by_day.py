"""Lists of the desk among a million rows: mails found by their day, orders added up in the indexes they are found by."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0045"
VERSION = "1.38.0"
DESCRIPTION = (
    "Mails found by their day, orders added up in the indexes they are found by, mails that were not sent."
)

SQL = """
-- Days are found and turned by the time and then the id; what orders amount to is added up without reading them.
DROP INDEX orders_made;
CREATE INDEX orders_made ON orders (created_at, id) INCLUDE (total);
DROP INDEX orders_rare_money;
CREATE INDEX orders_rare_money ON orders (payment_status, id) INCLUDE (total) WHERE payment_status IN ('waiting', 'failed',
  'cancelled', 'paid_late', 'refund_pending', 'refunded', 'partially_refunded', 'reversed', 'chargeback');
CREATE INDEX outbox_made ON outbox (created_at);
-- As those for what failed or waits: a mail that is sent never stands in it.
CREATE INDEX outbox_dropped ON outbox (id) WHERE status = 'dropped';
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
