"""The double-entry ledger: append-only, and every journal balanced by the database."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0006"
VERSION = "1.38.0"
DESCRIPTION = "The double-entry ledger: append-only, and every journal balanced by the database."

SQL = """
-- One account per kind and owner. gateway: money at Midtrans; expert_held/available: what an expert has
-- coming and may ask for; platform_fee/admin_fee: ours; tax at 0%; refund_due: money that came but must go back.
CREATE TABLE ledger_accounts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('gateway', 'expert_held', 'expert_available', 'expert_withdrawing',
    'expert_withdrawn', 'expert_owed', 'platform_fee', 'admin_fee', 'tax', 'refund_due', 'refunded')),
  expert_id bigint REFERENCES experts,
  CONSTRAINT ledger_accounts_owner UNIQUE NULLS NOT DISTINCT (kind, expert_id),
  CHECK ((kind LIKE 'expert%') = (expert_id IS NOT NULL))
);

CREATE TABLE ledger_journals (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- What this journal is, said once: 'paid:<transaction id>', 'refund:<refund id>'. Never applied twice.
  key text NOT NULL CONSTRAINT ledger_journals_key UNIQUE,
  kind text NOT NULL CHECK (kind IN ('payment', 'release', 'refund_due', 'refund', 'reversal', 'chargeback',
    'withdrawal', 'withdrawal_paid', 'withdrawal_returned')),
  order_id bigint REFERENCES orders,
  -- the gateway's transaction whose money this is about: what is booked of it must be what the gateway holds
  transaction_id text,
  at timestamptz NOT NULL DEFAULT app_now(),
  memo text NOT NULL DEFAULT ''
);
CREATE INDEX ledger_journals_order ON ledger_journals (order_id, id);
CREATE INDEX ledger_journals_transaction ON ledger_journals (transaction_id) WHERE transaction_id IS NOT NULL;

-- Whole rupiah; positive is debit, negative is credit. A journal's entries come in one statement.
CREATE TABLE ledger_entries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  journal_id bigint NOT NULL REFERENCES ledger_journals,
  account_id bigint NOT NULL REFERENCES ledger_accounts,
  amount bigint NOT NULL CHECK (amount <> 0)
);
CREATE INDEX ledger_entries_journal ON ledger_entries (journal_id);
CREATE INDEX ledger_entries_account ON ledger_entries (account_id, id);

CREATE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_journal bigint;
BEGIN
  SELECT journal_id INTO v_journal FROM new_entries GROUP BY journal_id HAVING sum(amount) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'journal % does not balance', v_journal USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_balanced AFTER INSERT ON ledger_entries REFERENCING NEW TABLE AS new_entries
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_balanced();
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries
  FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER ledger_journals_append_only BEFORE UPDATE OR DELETE ON ledger_journals
  FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER ledger_entries_no_truncate BEFORE TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER ledger_journals_no_truncate BEFORE TRUNCATE ON ledger_journals
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
