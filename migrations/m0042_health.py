"""Whether the money is whole, at a glance: what was told and not heard, mails given up, what was sold day by day."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0042"
VERSION = "1.38.0"
DESCRIPTION = (
    "Whether the money is whole, at a glance: what was told and not heard, mails given up, sales by day."
)

SQL = """
-- told: only a notification said so. The row goes as soon as Midtrans answers, or is resolved if that took long.
ALTER TABLE gateway_differences ADD COLUMN told boolean NOT NULL DEFAULT false;
CREATE INDEX gateway_differences_unresolved ON gateway_differences (id) WHERE resolved_at IS NULL;
CREATE INDEX gateway_differences_attempt ON gateway_differences (attempt_id, id);

-- What an admin says of a transaction stands beside what Midtrans said of it.
ALTER TABLE payment_logs DROP CONSTRAINT payment_logs_source_check;
ALTER TABLE payment_logs ADD CONSTRAINT payment_logs_source_check
  CHECK (source IN ('notification', 'status', 'create', 'cancel', 'expire', 'refund', 'desk'));

-- failed: refused for good or given up, until somebody looks; dropped: no longer true, not wanted, or called off
ALTER TABLE outbox DROP CONSTRAINT outbox_status_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_status_check
  CHECK (status IN ('waiting', 'sending', 'sent', 'dropped', 'failed'));
UPDATE outbox SET status = 'failed'
  WHERE status = 'dropped' AND (problem LIKE 'given up: %' OR problem LIKE 'recipient refused%');
CREATE INDEX outbox_failed ON outbox (id) WHERE status = 'failed';
CREATE INDEX outbox_late ON outbox (due_at) WHERE status IN ('waiting', 'sending');
CREATE INDEX outbox_unsent ON outbox (id) WHERE status IN ('waiting', 'sending', 'failed');
CREATE INDEX outbox_kind ON outbox (kind, id);
CREATE INDEX outbox_about ON outbox (about, id);

-- What was sold, earned in fees and given back on a day in Jakarta, in whole rupiah, added up from the ledger by a job.
CREATE TABLE daily_figures (
  day date PRIMARY KEY,
  sales bigint NOT NULL,
  sold bigint NOT NULL,
  fees bigint NOT NULL,
  returned bigint NOT NULL,
  counted_at timestamptz NOT NULL
);
CREATE INDEX ledger_journals_at ON ledger_journals (at);

-- The numbers that should be zero, as a job last found them: since when one is not, so that it is told once.
CREATE TABLE money_health (
  name text PRIMARY KEY,
  cases bigint NOT NULL CHECK (cases >= 0),
  amount bigint NOT NULL,
  since timestamptz CHECK ((since IS NULL) = (cases = 0)),
  looked_at timestamptz NOT NULL
);
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
