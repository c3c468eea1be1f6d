"""Fees, tax and rules as rows with history; journals are written whole, and accounts stay what they are."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0017"
VERSION = "1.38.0"
DESCRIPTION = (
    "Fees, tax and rules as rows with history; journals are written whole, and accounts stay what they are."
)

SQL = """
-- One row is the complete set that holds from its time until the next row's. Rates are basis points.
CREATE TABLE policies (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  since timestamptz NOT NULL DEFAULT app_now(),
  admin_fee_bps integer NOT NULL CHECK (admin_fee_bps BETWEEN 0 AND 5000),
  platform_fee_bps integer NOT NULL CHECK (platform_fee_bps BETWEEN 0 AND 5000),
  tax_bps integer NOT NULL CHECK (tax_bps BETWEEN 0 AND 5000),
  -- what goes back of a cancelled session: [[minutes before the start, share], …], the farthest first
  cancel_steps jsonb NOT NULL CHECK (jsonb_typeof(cancel_steps) = 'array'),
  -- … of one that was booked for now, until the expert is in the room
  now_bps integer NOT NULL CHECK (now_bps BETWEEN 0 AND 10000),
  -- … of a thread, until the expert's first message
  thread_bps integer NOT NULL CHECK (thread_bps BETWEEN 0 AND 10000),
  -- … of a product, until its first download
  product_bps integer NOT NULL CHECK (product_bps BETWEEN 0 AND 10000),
  least_withdrawal bigint NOT NULL CHECK (least_withdrawal > 0),
  downloads integer NOT NULL CHECK (downloads BETWEEN 1 AND 1000),
  -- NULL for the set the product began with
  changed_by bigint REFERENCES users,
  reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 500)
);
CREATE TRIGGER policies_append_only BEFORE UPDATE OR DELETE ON policies
  FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER policies_no_truncate BEFORE TRUNCATE ON policies
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
-- Pages that many see show the admin fee.
CREATE TRIGGER policies_changed AFTER INSERT ON policies
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();

-- What something was sold under already is history, and its last rates go on.
INSERT INTO policies (since, admin_fee_bps, platform_fee_bps, tax_bps, cancel_steps, now_bps, thread_bps,
    product_bps, least_withdrawal, downloads, reason)
  SELECT CASE WHEN row_number() OVER (ORDER BY last) = 1 THEN '2020-01-01Z' ELSE since END, admin_fee_bps,
    platform_fee_bps, 0, '[[1440, 10000], [180, 5000], [0, 0]]', 10000, 10000, 10000, 50000, 10, 'Aturan awal'
  FROM (SELECT admin_fee_bps, platform_fee_bps, min(created_at) AS since, max(id) AS last FROM orders
      GROUP BY admin_fee_bps, platform_fee_bps
    UNION ALL
    SELECT 500, 2000, NULL, 0 WHERE NOT EXISTS (SELECT FROM orders)) AS sold
  ORDER BY last;

-- How much of the platform's own part is tax; whoever makes an order says so.
ALTER TABLE orders ADD COLUMN tax_bps integer NOT NULL DEFAULT 0 CHECK (tax_bps BETWEEN 0 AND 5000);
ALTER TABLE orders ALTER COLUMN tax_bps DROP DEFAULT;

-- A journal is written whole and at once: nothing is added to it later, and none is left without entries.
CREATE OR REPLACE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_journal bigint;
BEGIN
  SELECT journal_id INTO v_journal FROM new_entries GROUP BY journal_id HAVING sum(amount) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'journal % does not balance', v_journal USING ERRCODE = 'check_violation';
  END IF;
  SELECT n.journal_id INTO v_journal FROM (SELECT journal_id, count(*) FROM new_entries GROUP BY journal_id) n
    WHERE n.count <> (SELECT count(*) FROM ledger_entries e WHERE e.journal_id = n.journal_id) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'journal % is written already', v_journal USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION ledger_not_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM ledger_entries WHERE journal_id = NEW.id) THEN
    RAISE EXCEPTION 'journal % has no entries', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_not_empty AFTER INSERT ON ledger_journals DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION ledger_not_empty();
-- Whoever could change an account's kind or owner would move its money.
CREATE TRIGGER ledger_accounts_append_only BEFORE UPDATE OR DELETE ON ledger_accounts
  FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER ledger_accounts_no_truncate BEFORE TRUNCATE ON ledger_accounts
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
