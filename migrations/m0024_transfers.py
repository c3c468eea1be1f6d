"""What of a refund really went by hand: less than all of it where the payer's bank had taken a part before."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0024"
VERSION = "1.38.0"
DESCRIPTION = "What of a refund really went by hand: less than all of it where the payer's bank had taken a part before."

SQL = """
ALTER TABLE refunds ADD COLUMN transferred bigint;
UPDATE refunds SET transferred = amount WHERE reference IS NOT NULL;
ALTER TABLE refunds ADD CONSTRAINT refunds_transferred
  CHECK (transferred BETWEEN 1 AND amount AND (transferred IS NULL) = (reference IS NULL)),
  ADD CONSTRAINT refunds_transferred_by_bank CHECK (transferred IS NULL OR way = 'bank');
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
