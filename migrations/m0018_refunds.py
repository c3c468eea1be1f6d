"""Carrying refunds out: by the gateway, by cancelling a card payment, or by hand to the payer's bank account."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0018"
VERSION = "1.38.0"
DESCRIPTION = "Carrying refunds out: by the gateway, by cancelling a card payment, or by hand to the payer's bank account."

SQL = """
-- A refund's key says its cause, once: 'disputed-<transaction id>-<what about>'. The same reason may come again.
ALTER TABLE refunds DROP CONSTRAINT refunds_once_per_cause;
ALTER TABLE refunds RENAME CONSTRAINT refunds_refund_key_key TO refunds_once_per_cause;

-- Where the payer wants money that the gateway cannot send; the newest of an order counts.
CREATE TABLE refund_accounts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint NOT NULL REFERENCES orders,
  bank text NOT NULL,
  -- the account number encrypted, and its last digits for the screen
  number_sealed bytea NOT NULL,
  tail text NOT NULL CHECK (tail ~ '^[0-9]{1,4}$'),
  holder text NOT NULL CHECK (length(holder) BETWEEN 3 AND 100),
  given_by bigint NOT NULL REFERENCES users,
  given_at timestamptz NOT NULL DEFAULT app_now(),
  -- a transfer there came back: another account is needed
  bounced_at timestamptz
);
CREATE INDEX refund_accounts_order ON refund_accounts (order_id, id);

ALTER TABLE refunds
  -- until then it waits, although nobody needs to approve it: the payer may still choose something else
  ADD COLUMN not_before timestamptz,
  -- gateway: refunded by Midtrans; cancel: a captured card payment is voided whole; bank: transferred by hand
  ADD COLUMN way text CHECK (way IN ('gateway', 'cancel', 'bank')),
  ADD COLUMN tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
  ADD COLUMN next_try_at timestamptz,
  -- when the money left us: the gateway says so, or somebody transferred it
  ADD COLUMN left_at timestamptz,
  -- what went wrong the last time, for the desk
  ADD COLUMN problem text,
  -- a transfer by hand: its number at the bank, and where it went
  ADD COLUMN reference text CHECK (length(reference) BETWEEN 3 AND 100),
  ADD COLUMN account_id bigint REFERENCES refund_accounts,
  -- an admin's approval or refusal, with the reason both sides read
  ADD COLUMN decided_by bigint REFERENCES users,
  ADD COLUMN decided_at timestamptz,
  ADD COLUMN decision_reason text CHECK (length(decision_reason) BETWEEN 10 AND 1000),
  ADD CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
  ADD CHECK ((reference IS NULL) = (account_id IS NULL));
UPDATE refunds SET left_at = changed_at WHERE state = 'done';
CREATE INDEX refunds_open ON refunds (id) WHERE state NOT IN ('done', 'rejected');
CREATE INDEX refunds_transaction ON refunds (transaction_id);

-- refund_bounced: a transfer by hand came back to us, and the money is due again; refund_rejected: what was to go
-- back of a sale stays with those who had earned it
ALTER TABLE ledger_journals DROP CONSTRAINT ledger_journals_kind_check;
ALTER TABLE ledger_journals ADD CONSTRAINT ledger_journals_kind_check CHECK (kind IN ('payment', 'release',
  'refund_due', 'owed_back', 'refund', 'refund_bounced', 'refund_rejected', 'reversal', 'chargeback', 'withdrawal',
  'withdrawal_paid', 'withdrawal_returned'));
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
