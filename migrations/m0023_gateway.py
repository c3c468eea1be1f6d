"""Comparing Midtrans with the ledger night by night, and asking it less often while it does not answer."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0023"
VERSION = "1.38.0"
DESCRIPTION = (
    "Comparing Midtrans with the ledger night by night, and asking it less often while it does not answer."
)

SQL = """
-- of what went back: what the payer's bank said that it has
ALTER TABLE payment_transactions ADD COLUMN confirmed bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT payment_transactions_confirmed CHECK (confirmed BETWEEN 0 AND returned);
UPDATE payment_transactions SET confirmed = returned WHERE state IN ('refunded', 'partially_refunded');

-- of what was taken back, the word that took it back
UPDATE payment_transactions SET gateway_status = 'deny'
  WHERE state = 'reversed' AND gateway_status NOT IN ('failure', 'deny', 'cancel', 'capture');

-- Three in the morning in Jakarta, when nobody pays: the next one.
CREATE FUNCTION next_night() RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT (date_trunc('day', app_now() AT TIME ZONE 'Asia/Jakarta' + interval '21 hours') + interval '3 hours')
    AT TIME ZONE 'Asia/Jakarta'
$$;
ALTER TABLE payment_attempts
  -- how often in a row Midtrans did not answer for it
  ADD COLUMN misses integer NOT NULL DEFAULT 0 CHECK (misses >= 0),
  -- when what Midtrans holds of it is compared with the ledger again, and when it was last; NULL: no more, not yet
  ADD COLUMN next_compare_at timestamptz DEFAULT next_night(),
  ADD COLUMN compared_at timestamptz;
CREATE INDEX payment_attempts_compare ON payment_attempts (next_compare_at) WHERE next_compare_at IS NOT NULL;

-- What Midtrans said that it holds of a transaction beside what the ledger had of it, in rupiah.
CREATE TABLE gateway_differences (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  attempt_id bigint NOT NULL REFERENCES payment_attempts,
  transaction_id text NOT NULL CHECK (length(transaction_id) BETWEEN 1 AND 100),
  -- NULL: Midtrans does not know the transaction
  there bigint CHECK (there >= 0),
  there_status text,
  here bigint NOT NULL,
  found_at timestamptz NOT NULL DEFAULT app_now(),
  seen_at timestamptz NOT NULL DEFAULT app_now(),
  -- when the two agreed again: at once, when only a notification had been lost
  resolved_at timestamptz,
  CHECK (there IS DISTINCT FROM here)
);
CREATE UNIQUE INDEX gateway_differences_open ON gateway_differences (transaction_id) WHERE resolved_at IS NULL;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
